/* Primes by trial division: bound by the DIV instruction. */
#include "program.h"

static int is_prime(uint32_t n) {
  for (uint32_t divisor = 3; divisor * divisor <= n; divisor += 2)
    if (n % divisor == 0) return 0;
  return 1;
}

uint32_t run_primes(void) {
  uint32_t sum = 0;
  for (uint32_t n = 3; n < 1200000; n += 2)
    if (is_prime(n)) sum = mix(sum, n);
  return sum;
}
