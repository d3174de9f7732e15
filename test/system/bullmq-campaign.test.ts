import { expect, it } from 'vitest'
import { campaign, type Figures } from './bullmq/campaign.js'

/** For two runs of it, with what a busy machine needs. */
const LONG = 600_000

it('does 1,000 jobs over two workers that are ended and killed all the while, and loses none, unlike plain BullMQ', {
  timeout: LONG,
}, async () => {
  const keelson = told('bullWorker', await campaign('bullmq-campaign-keelson.mjs'))
  expect(keelson).toMatchObject({ done: 1_000, failed: 0, terminated: 10, outOfTime: 0, killed: 4 })
  expect(keelson.exitCodes).toEqual(Array(10).fill(0))
  const plain = told('plain BullMQ', await campaign('bullmq-campaign-plain.mjs'))
  // It has to be killed with its long jobs, which are only found by their stalling.
  expect(plain.outOfTime).toBeGreaterThan(0)
  expect(plain.handedBack).toBe(0)
  expect(plain.stalled).toBeGreaterThan(0)
})

function told(name: string, figures: Figures): Figures {
  process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`)
  return figures
}
