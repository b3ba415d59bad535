/* Copies of blocks from 64 bytes to 1 MB: by the C library, which chooses by CPUID, and by REP MOVSD. */
#include <string.h>

#include "program.h"

enum { size = 1 << 20 };
static uint8_t from[size], to[size];

static void copy_words(void *target, const void *source, size_t bytes) {
  size_t words = bytes / 4;
  __asm__ volatile("rep movsl" : "+D"(target), "+S"(source), "+c"(words) : : "memory");
}

uint32_t run_copy(void) {
  uint32_t sum = 0, random = 5;
  for (int i = 0; i < size; i++) from[i] = next_random(&random);
  for (unsigned block = 64; block <= size; block *= 4) {
    for (int round = 0; round < 160; round++) {
      for (unsigned at = 0; at + block <= size; at += block) {
        if (round & 1)
          copy_words(to + at, from + at, block);
        else
          memcpy(to + at, from + at, block);
        __asm__ volatile("" : : : "memory");
      }
      from[round] += to[round + 1];
    }
    sum = mix(sum, to[block - 1] << 8 | to[1]);
  }
  return sum;
}
