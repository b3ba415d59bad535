/* programs NAME: runs one program between two bytes on the console, STX (02h) before and ETX (03h) after, by which the host
   takes its time; then one line with the name, the result and the nanoseconds that passed by the guest's own clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

static const struct program programs[] = {
    {"fib", run_fib, NULL},
    {"primes", run_primes, NULL},
    {"sieve", run_sieve, NULL},
    {"sha256", run_sha256, NULL},
    {"qsort", run_qsort, NULL},
    {"matmul", run_matmul, NULL},
    {"copy", run_copy, NULL},
    {"getppid", run_getppid, NULL},
    {"pagefault", run_pagefault, NULL},
    {"fork", run_fork, NULL},
    {"pipe", run_pipe, NULL},
    {"gzip", run_gzip, check_output},
    {"sha256sum", run_sha256sum, check_output},
};

_Noreturn void fail(const char *what) {
  fprintf(stderr, "programs: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t nanoseconds(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) fail("clock_gettime");
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Writes and waits until the serial port has sent it, so that none of it is sent while a program runs. */
static void say(const char *text, size_t length) {
  if (write(STDOUT_FILENO, text, length) != (ssize_t)length) fail("write");
  tcdrain(STDOUT_FILENO); /* fails where the output is not a terminal */
}

int main(int count, char **arguments) {
  const size_t known = sizeof programs / sizeof programs[0];
  const struct program *program = programs;
  while (program < programs + known && (count != 2 || strcmp(program->name, arguments[1]) != 0)) program++;
  if (program == programs + known) {
    fprintf(stderr, "usage: programs NAME\n");
    return 2;
  }
  say("\002", 1);
  const uint64_t begin = nanoseconds();
  uint32_t result = program->run();
  const uint64_t end = nanoseconds();
  say("\003", 1);
  if (program->check) result = program->check(result);
  char line[100];
  say(line, snprintf(line, sizeof line, "%s %08x %llu\n", program->name, result, (unsigned long long)(end - begin)));
  return 0;
}
