import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawKernel, loadKernel, verifyKernel } from 'keelson'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { keelson } from './keelson.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every program of the examples that makes a kernel: what it imports is the same for all of them, so they are loaded in one process. */
const programs = readdirSync(`${root}examples`)
  .flatMap((example) => [`examples/${example}/main.mjs`, ...filesOf(`examples/${example}/src`)])
  .filter((file) => /\b(run\((kernel|createKernel)|runProxy\()/.test(contentOf(file)))

vi.stubEnv('DATABASE_URL', 'postgres://localhost/orders')
vi.stubEnv('REDIS_URL', 'redis://localhost')
afterAll(() => vi.unstubAllEnvs())

function filesOf(folder: string): string[] {
  const names = readdirSync(root + folder.slice(0, folder.lastIndexOf('/'))).includes('src') ? readdirSync(root + folder) : []
  return names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`)
}

function contentOf(file: string): string {
  try {
    return readFileSync(root + file, 'utf8')
  } catch {
    return ''
  }
}

it('there are examples', () => {
  expect(programs).toEqual(
    expect.arrayContaining(['examples/quickstart/src/main.ts', 'examples/decorated/src/main.ts', 'examples/orders/src/main.ts']),
  )
  expect(programs.length).toBeGreaterThanOrEqual(10)
})

describe.each(programs)('CL1 %s', (program) => {
  it('is planned, drawn and verified, as it is, and nothing of it runs', async () => {
    const { kernel, run, claims, opened, release } = await loadKernel(program, { cwd: root })
    try {
      const { order, resources, criticalPath, shutdown } = kernel.plan()
      expect(order.length).toBeGreaterThan(0)
      expect(criticalPath.at(-1)).toBeDefined()

      const drawn = JSON.parse(await drawKernel(kernel, 'json'))
      expect(drawn.nodes.map(({ name }: { name: string }) => name)).toEqual(order)
      expect(drawn.edges).toHaveLength(resources.flatMap(({ dependsOn }) => dependsOn).length)
      for (const format of ['mermaid', 'dot', 'svg'] as const) {
        const text = await drawKernel(kernel, format)
        for (const name of order) expect(text).toContain(name)
      }

      // What an example shows is copied.
      const findings = verifyKernel(kernel, { run, claims, opened }).map(({ rule, resource }) => `${rule} ${resource}`)
      expect(findings).toEqual([])
      const short = verifyKernel(kernel, { graceMs: 3_000, run, claims, opened })
      expect(short.some(({ rule }) => rule === 'budget-over-grace')).toBe(kernel.plan().worstCaseShutdownMs > 2_000)
      expect(shutdown.timeoutMs).toBeLessThanOrEqual(29_000)

      expect(kernel.state).toBe('idle')
      expect(kernel.inspect().resources.map(({ state }) => state)).toEqual(order.map(() => 'idle'))
    } finally {
      release()
    }
  })
})

it('as a user does it', async () => {
  const [plan, graph, verify] = await Promise.all([
    keelson(['plan', 'examples/decorated/src/main.ts']),
    keelson(['graph', 'examples/decorated/src/main.ts', '-f', 'dot']),
    keelson(['verify', 'examples/decorated/src/main.ts', '--grace', '20']),
  ])
  expect([plan.code, graph.code, verify.code]).toEqual([0, 0, 1])
  expect(plan.out).toMatch(/^4 +api +Catalog, Orders, limiter/m)
  expect(graph.out).toMatch(/^digraph "shop" \{/)
  expect(verify.out).toMatch(/budget-over-grace/)
})
