import { expect, test } from 'vitest'
import { createKernel, type KeelsonError, type Panel, resource, type StartContext, subgraph, task } from '../index.js'

const panel = (title: string): Panel => ({ title, read: () => ({ at: 0, groups: [] }) })

test('W5 a panel is there from its registration until it is taken off or its instance is released', async () => {
  let ctx!: StartContext
  const seen: number[] = []
  const api = resource('api', {
    start(_, given) {
      ctx = given
      ctx.panel(first)
    },
    stop: () => void seen.push(kernel.panels().length),
  })
  const [first, second] = [panel('first'), panel('second')]
  const kernel = createKernel([api])
  expect(kernel.panels()).toEqual([])
  await kernel.start()
  const end = ctx.panel(second)
  expect(kernel.panels()).toEqual([
    { resource: 'api', panel: first },
    { resource: 'api', panel: second },
  ])
  expect(kernel.panels()[0]?.panel).toBe(first)
  end()
  end()
  await kernel.restart(api)
  expect(kernel.panels().map(({ panel }) => panel.title)).toEqual(['first'])
  const before = ctx
  await kernel.shutdown()
  expect(seen).toEqual([1, 1])
  before.panel(second)
  expect(kernel.panels()).toEqual([])
})

test('W5 a task has panels, too, and those of a start that fails go with it', async () => {
  const job = task('job', {
    onEnd: 'ignore',
    async run(_, ctx) {
      ctx.panel(panel('of a task'))
    },
  })
  const broken = resource('broken', {
    impact: 'degraded',
    start(_, ctx) {
      ctx.panel(panel('of nothing'))
      throw new Error('no')
    },
  })
  const kernel = await createKernel([job, broken]).start()
  expect(kernel.panels().map(({ resource, panel }) => `${resource}: ${panel.title}`)).toEqual(['job: of a task'])
  await kernel.shutdown()
})

test.each([undefined, null, {}, { title: 'x', read: 1 }])('W5 panel() refuses %j, which cannot be read', async (given) => {
  let ctx!: StartContext
  const api = resource('api', {
    start: (_, scope) => {
      ctx = scope
    },
  })
  const kernel = await createKernel([api]).start()
  expect(() => ctx.panel(given as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api' } satisfies Partial<KeelsonError>),
  )
  await kernel.shutdown()
})

test('W5 find() knows every resource by its name, members of subgraphs and instances of classes included', async () => {
  class Db {
    start() {
      return 'db'
    }
  }
  const db = resource('db', new Db())
  const made = resource('tenant', { start: () => 'tenant' })
  const tenants = subgraph('tenants', { resources: () => [made] })
  const kernel = await createKernel([db, tenants]).start()
  for (const name of ['db', 'tenants', 'tenants/tenant']) expect(kernel.inspect(kernel.find(name)!).name).toBe(name)
  expect(kernel.get(kernel.find('tenants/tenant')!)).toBe('tenant')
  expect(kernel.find('__proto__')).toBeUndefined()
  await kernel.remove(db)
  expect(kernel.find('db')).toBeUndefined()
  await kernel.shutdown()
})
