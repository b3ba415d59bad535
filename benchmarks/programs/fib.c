/* Recursive calls: nothing but call, return and the stack. */
#include "program.h"

/* Neither inlined into itself nor turned into a loop. */
__attribute__((noipa, optimize("no-optimize-sibling-calls"))) static uint32_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

uint32_t run_fib(void) { return fib(34); }
