/* Page faults: fresh memory mapped, touched a page at a time, unmapped. */
#include <stddef.h>
#include <sys/mman.h>

#include "program.h"

enum { size = 4 << 20, page = 4096 };

uint32_t run_pagefault(void) {
  uint32_t sum = 0;
  for (int round = 0; round < 40; round++) {
    uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    for (int at = 0; at < size; at += page) memory[at] += at >> 12;
    for (int at = 0; at < size; at += page) sum = mix(sum, memory[at]);
    if (munmap(memory, size) != 0) fail("munmap");
  }
  return sum;
}
