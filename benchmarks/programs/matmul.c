/* Products of matrices of doubles, compiled for the x87. */
#include <string.h>

#include "program.h"

enum { size = 160, rounds = 2 };

uint32_t run_matmul(void) {
  static double a[size][size], b[size][size], c[size][size];
  uint32_t random = 3;
  for (int i = 0; i < size; i++) {
    for (int j = 0; j < size; j++) {
      a[i][j] = (int32_t)next_random(&random) * 0x1p-31;
      b[i][j] = (int32_t)next_random(&random) * 0x1p-31;
    }
  }
  for (int round = 0; round < rounds; round++) {
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        double sum = 0;
        for (int k = 0; k < size; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum / size;
      }
    }
    memcpy(a, c, sizeof a);
  }
  uint32_t sum = 0, words[2];
  for (int i = 0; i < size; i++) {
    memcpy(words, &c[i][i], sizeof words);
    sum = mix(mix(sum, words[0]), words[1]);
  }
  return sum;
}
