/* The seed bank after ReLU in the fixed range, written by hand for one core: from BGR to the 2x2 mosaic.

   f1 is four rows of [-1 -1 1 1], f3 its transpose, f2 and f4 their opposites; all sums fit 16 bits. */
#include <stdint.h>

#define MOST_WIDTH 16384

static void to_gray(const uint8_t *restrict bgr, uint8_t *restrict gray, int width) {
  for (int x = 0; x < width; x++)
    gray[x] = (uint8_t)((3735 * bgr[3 * x] + 19235 * bgr[3 * x + 1] + 9798 * bgr[3 * x + 2] + 16384) >> 15);
}

/* round(|q| / 8), halves up, where q has the sign, else 0: 255 q / 255 / 8 is what [0, 8] makes of it. */
static void to_bytes(const int16_t *restrict q, uint8_t *restrict plus, uint8_t *restrict minus, int width) {
  for (int x = 0; x < width; x++) {
    int16_t up = q[x] > 0 ? q[x] : 0, down = q[x] < 0 ? -q[x] : 0;
    plus[x] = (uint8_t)((up + 4) >> 3);
    minus[x] = (uint8_t)((down + 4) >> 3);
  }
}

/* frame: BGR, height x width pixels in a row. mosaic: 2 (height - 3) rows of 2 (width - 3). 0, or 1 if it is too wide. */
int seed_bank(const uint8_t *frame, int height, int width, uint8_t *mosaic) {
  static uint8_t gray[4][MOST_WIDTH];
  static int16_t sums[MOST_WIDTH], steps[MOST_WIDTH], q[MOST_WIDTH];
  int rows = height - 3, columns = width - 3;
  if (width > MOST_WIDTH) return 1;
  for (int y = 0; y < 3; y++) to_gray(frame + (int64_t)y * width * 3, gray[y], width);
  for (int y = 0; y < rows; y++) {
    to_gray(frame + (int64_t)(y + 3) * width * 3, gray[(y + 3) % 4], width);
    const uint8_t *a = gray[y % 4], *b = gray[(y + 1) % 4], *c = gray[(y + 2) % 4], *d = gray[(y + 3) % 4];
    for (int x = 0; x < width; x++) {
      int16_t above = (int16_t)(a[x] + b[x]), below = (int16_t)(c[x] + d[x]);
      sums[x] = above + below;
      steps[x] = below - above;
    }
    uint8_t *upper = mosaic + (int64_t)y * 2 * columns, *lower = upper + (int64_t)rows * 2 * columns;
    for (int x = 0; x < columns; x++) q[x] = sums[x + 2] + sums[x + 3] - sums[x] - sums[x + 1];
    to_bytes(q, upper, upper + columns, columns);
    for (int x = 0; x < columns; x++) q[x] = steps[x] + steps[x + 1] + steps[x + 2] + steps[x + 3];
    to_bytes(q, lower, lower + columns, columns);
  }
  return 0;
}
