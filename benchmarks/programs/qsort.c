/* The C library's qsort with a comparison called through a pointer. */
#include <stdlib.h>

#include "program.h"

enum { count = 150000 };

static int compare(const void *left, const void *right) {
  const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

uint32_t run_qsort(void) {
  static uint32_t values[count];
  uint32_t sum = 0, random = 7;
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < count; i++) values[i] = next_random(&random);
    qsort(values, count, sizeof values[0], compare);
    for (int i = 0; i < count; i += 97) sum = mix(sum, values[i]);
  }
  return sum;
}
