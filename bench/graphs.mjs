// Shapes of graphs to measure: arrays of [name, indices of dependencies], dependencies first.

/** Every resource depends on the one before it. */
export function chain(n) {
  return Array.from({ length: n }, (_, i) => [`r${i}`, i === 0 ? [] : [i - 1]])
}

/** Every resource depends on the first. */
export function wide(n) {
  return Array.from({ length: n }, (_, i) => [`r${i}`, i === 0 ? [] : [0]])
}

/** Ten layers; every resource depends on three of the layer below. */
export function layered(n, random = mulberry32(1)) {
  const width = Math.max(1, Math.ceil(n / 10))
  return Array.from({ length: n }, (_, i) => {
    const layer = Math.floor(i / width)
    if (layer === 0) return [`r${i}`, []]
    const below = (layer - 1) * width
    return [`r${i}`, [...new Set([0, 1, 2].map(() => below + Math.floor(random() * width)))]]
  })
}

/** A small generator of pseudo-random numbers in [0, 1), the same in every run. */
export function mulberry32(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
