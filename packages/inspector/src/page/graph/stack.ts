/** One box of a column: where its middle would like to be, and how much room it takes. */
export interface Wish {
  readonly middle: number
  readonly height: number
}

/**
 * Where the middles of the boxes of one column come to be: in this order, `gap` apart at least, and with the least sum of squared
 * distances from what they wish (pool adjacent violators).
 */
export function stacked(wishes: readonly Wish[], gap: number): number[] {
  // What each wishes for is made comparable by taking off the room of those above it.
  const offsets: number[] = []
  let offset = 0
  wishes.forEach(({ height }, index) => {
    if (index > 0) offset += wishes[index - 1]!.height / 2 + gap + height / 2
    offsets.push(offset)
  })
  const pools: { sum: number; size: number }[] = []
  wishes.forEach(({ middle }, index) => {
    pools.push({ sum: middle - offsets[index]!, size: 1 })
    while (pools.length > 1 && mean(pools.at(-2)!) > mean(pools.at(-1)!)) {
      const last = pools.pop()!
      const before = pools.at(-1)!
      before.sum += last.sum
      before.size += last.size
    }
  })
  return pools.flatMap((pool) => Array.from({ length: pool.size }, () => mean(pool))).map((base, index) => base + offsets[index]!)
}

function mean({ sum, size }: { sum: number; size: number }): number {
  return sum / size
}
