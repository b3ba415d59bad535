/* The guest programs that Trapgate and its peers are measured by. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdint.h>

struct program {
  const char *name;
  /* What is timed; its result. */
  uint32_t (*run)(void);
  /* Not timed; turns the result into the one that is compared between machines. May be null. */
  uint32_t (*check)(uint32_t result);
};

/* A checksum's next value: 32-bit FNV-1a with a whole word at a time. */
static inline uint32_t mix(uint32_t sum, uint32_t value) { return (sum ^ value) * 0x01000193u; }

/* The next of a row of pseudo-random numbers (Marsaglia's xorshift32). */
static inline uint32_t next_random(uint32_t *state) {
  uint32_t x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

uint32_t run_fib(void);
uint32_t run_primes(void);
uint32_t run_sieve(void);
uint32_t run_sha256(void);
uint32_t run_qsort(void);
uint32_t run_matmul(void);
uint32_t run_copy(void);
uint32_t run_getppid(void);
uint32_t run_pagefault(void);
uint32_t run_fork(void);
uint32_t run_pipe(void);
uint32_t run_gzip(void);
uint32_t run_sha256sum(void);
uint32_t check_output(uint32_t result);

/* Ends the process with a message: a program could not do its work. */
_Noreturn void fail(const char *what);

#endif
