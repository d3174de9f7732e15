/** Where an axis of `length` ms has its ticks: at most `most` of them, at multiples of 1, 2 or 5 times a power of ten, of whole minutes above. */
export function ticksOf(length: number, most = 8): readonly number[] {
  const step = STEPS.find((each) => length / each <= most) ?? Math.ceil(length / most / 3_600_000) * 3_600_000
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step)
}

const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000,
  1_800_000, 3_600_000,
]
