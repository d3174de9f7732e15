import { readFileSync } from 'node:fs'
import { createKernel, resource } from '@keelson/kernel'
import { rateLimiter } from '@keelson/limiters'
import { processPool } from '@keelson/pools'
import { expect, test } from 'vitest'

const SEEDS = new URL('../docs/seeds.md', import.meta.url)

/** The sentences with the tests that show each: their titles and files. */
function sentences(): { sentence: string; proofs: { title: string; file: string }[] }[] {
  const rows = readFileSync(SEEDS, 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line))
  return rows.map((row) => {
    const [sentence = '', shown = ''] = row.slice(2).split(' | ')
    const proofs = Array.from(shown.matchAll(/\[((?:\[\w+\] )?[^[\]]+)\]\(([^()]+)\)/g), ([, title, file]) => ({
      title: title!,
      file: file!,
    }))
    return { sentence, proofs }
  })
}

test('every sentence of docs/seeds.md has a test, and each test that is named is there', () => {
  const all = sentences()
  expect(all.length).toBeGreaterThan(30)
  expect(all.filter(({ proofs }) => proofs.length === 0)).toEqual([])
  const missing = all.flatMap(({ proofs }) =>
    proofs.filter(({ title, file }) => {
      const source = readFileSync(new URL(file, SEEDS), 'utf8')
      return !["'", '"', '`'].some((quote) => source.includes(`(${quote}${title}${quote}, `))
    }),
  )
  expect(missing).toEqual([])
})

test('the order of the seed: calls, pools, children, limiters, each when nothing needs it any more', async () => {
  const order: string[] = []
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const limiter = rateLimiter('limiter', { limit: 1, window: 60_000 })
  const servers = processPool('servers', { servers: { one: { command: 'cat' } }, dependsOn: { limiter } })
  const front = resource('front', {
    dependsOn: { servers },
    start: ({ servers }) => {
      const call = servers.use('one', async (child) => {
        void child.closed.then(() => order.push('its child has ended'))
        await answered
        order.push('the call is answered')
      })
      return { call, more: () => servers.use('one', () => 'more') }
    },
    quiesce: () => void order.push('no more calls are taken'),
    drain: ({ call }) => call,
  })
  const kernel = await createKernel([front]).start()
  const { more } = kernel.get(front)
  expect(await more()).toBe('more')
  kernel.on('resource:state', ({ resource, to }) => {
    if (to === 'stopped') order.push(`${resource} has stopped`)
  })
  const report = kernel.shutdown()
  await expect.poll(() => kernel.inspect(front).state).toBe('draining')
  answer()
  expect((await report).ok).toBe(true)
  expect(order).toEqual([
    'no more calls are taken',
    'the call is answered',
    'front has stopped',
    'its child has ended',
    'servers has stopped',
    'limiter has stopped',
  ])
})
