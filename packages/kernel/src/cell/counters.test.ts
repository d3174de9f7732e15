import { expect, test } from 'vitest'
import { createKernel, type KeelsonError, resource, type StartContext } from '../index.js'

/** A kernel with one resource, `api`, and the context that its instance was given. */
async function counting() {
  let ctx!: StartContext
  const api = resource('api', {
    start: (_, given) => {
      ctx = given
    },
  })
  const kernel = await createKernel([api]).start()
  return { kernel, ctx, counts: () => kernel.inspect(api).counts }
}

test('W3 what a resource counts is read when somebody looks, until it is taken off or the instance is released', async () => {
  const { kernel, ctx, counts } = await counting()
  expect(counts()).toBeUndefined()
  let hits = 1
  const end = ctx.counters(() => ({ hits }))
  ctx.counters(() => ({ misses: 7 }))
  hits = 2
  expect(counts()).toEqual({ hits: 2, misses: 7 })
  end()
  expect(counts()).toEqual({ misses: 7 })
  await kernel.shutdown()
  expect(counts()).toBeUndefined()
})

test('W3 what is no number is left out, and a reader that fails disturbs nobody', async () => {
  const { kernel, ctx, counts } = await counting()
  ctx.counters(() => {
    throw new Error('not now')
  })
  ctx.counters(() => 'nothing' as never)
  ctx.counters(() => new Proxy({}, { ownKeys: () => [].map.call(null as never, String) as never }))
  ctx.counters(() => ({ a: 1, b: Number.NaN, c: 'many', d: Number.POSITIVE_INFINITY }) as never)
  expect(counts()).toEqual({ a: 1 })
  ctx.counters(() => Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`n${i}`, i])))
  expect(Object.keys(counts() ?? {})).toHaveLength(50)
  await kernel.shutdown()
})

test('W3 counters() refuses what is no function', async () => {
  const { kernel, ctx } = await counting()
  expect(() => ctx.counters({} as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION' } satisfies Partial<KeelsonError>),
  )
  await kernel.shutdown()
})
