/* The sieve of Eratosthenes over 4 MB: stores with large strides, more pages than a processor's first TLB has. */
#include <string.h>

#include "program.h"

enum { size = 4 << 20, rounds = 4 };
static uint8_t composite[size];

uint32_t run_sieve(void) {
  uint32_t sum = 0;
  for (int round = 0; round < rounds; round++) {
    memset(composite, 0, size);
    for (uint32_t n = 2; n * n < size; n++) {
      if (composite[n]) continue;
      for (uint32_t multiple = n * n; multiple < size; multiple += n) composite[multiple] = 1;
    }
    uint32_t count = 0;
    for (uint32_t n = 2; n < size; n++) count += !composite[n];
    sum = mix(sum, count);
  }
  return sum;
}
