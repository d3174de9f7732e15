import { createHash } from 'node:crypto'

/** Runs in a thread. */
export default function digest(text, rounds = 20_000) {
  let hash = text
  for (let n = 0; n < rounds; n++) hash = createHash('sha256').update(hash).digest('hex')
  return hash
}
