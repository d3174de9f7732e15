import { type ServiceError, status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, startNumbers } from './test-support/numbers.js'
import { PATIENT } from './test-support/patient.js'
import { watchHealth } from './test-support/watch-health.js'

const SLOW = {
  double: (call: { request: number }, callback: (error: null, value: number) => void) =>
    void setTimeout(callback, 3, null, call.request * 2),
}

/** What fails at once would otherwise leave no time for anything else. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 10))

test.each([0, 400])(
  'N11 under load a client that follows the health loses no call while its server drains, lame duck %i ms',
  async (delay) => {
    const first = await startNumbers(SLOW, {}, { shutdown: { delay } })
    const second = await startNumbers(SLOW)
    const clients = [clientOf(first.value.target), clientOf(second.value.target)]
    const healthy = clients.map((_, i) => watchHealth([first, second][i]?.value.target as string))
    const failed: string[] = []
    const answered = [0, 0]
    let over = false
    onTestFinished(() => {
      over = true
    })

    async function ask(): Promise<void> {
      for (let i = 1; !over; i++) {
        const at = healthy[0]?.serving ? 0 : 1
        try {
          expect(await clients[at]?.double(i)).toBe(i * 2)
          answered[at] = (answered[at] ?? 0) + 1
        } catch (error) {
          const { code, message } = error as ServiceError
          failed.push(`${status[code]}: ${message}`)
          await pause()
        }
      }
    }

    await expect.poll(() => healthy.every(({ serving }) => serving), PATIENT).toBe(true)
    const asking = Array.from({ length: 50 }, ask)
    await expect.poll(() => answered[0], PATIENT).toBeGreaterThan(500)
    const report = await first.kernel.shutdown()
    const before = answered[1] as number
    await expect.poll(() => answered[1], PATIENT).toBeGreaterThan(before + 500)
    over = true
    await Promise.all(asking)
    expect(failed).toEqual([])
    expect(report.ok).toBe(true)
  },
)

test('N11 under load a client that knows both servers and follows nothing loses no call either', async () => {
  const [first, second] = [await startNumbers(SLOW), await startNumbers(SLOW)]
  const client = clientOf(`ipv4:127.0.0.1:${first.value.port},127.0.0.1:${second.value.port}`, {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  })
  const failed: string[] = []
  let answered = 0
  let over = false
  onTestFinished(() => {
    over = true
  })

  async function ask(): Promise<void> {
    for (let i = 1; !over; i++) {
      await client.double(i).then(
        () => answered++,
        (error: ServiceError) => {
          failed.push(error.message)
          return pause()
        },
      )
    }
  }

  const asking = Array.from({ length: 50 }, ask)
  await expect.poll(() => answered, PATIENT).toBeGreaterThan(1_000)
  await first.kernel.shutdown()
  const before = answered
  await expect.poll(() => answered, PATIENT).toBeGreaterThan(before + 500)
  over = true
  await Promise.all(asking)
  expect(failed).toEqual([])
})
