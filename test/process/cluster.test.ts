import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort } from '@keelson/test-servers'
import { describe, expect, it } from 'vitest'
import { runFixtureInGroup } from './child.js'

/** Every Node that is installed here, and the one that runs the tests. */
const nodes = ['node20', 'node22', 'node24', 'node26']
  .map((name) => ({ name, path: fileURLToPath(new URL(`../node_modules/${name}/bin/node`, import.meta.url)) }))
  .filter(({ path }) => existsSync(path))

async function started(node = process.execPath) {
  const port = await freePort()
  const shop = runFixtureInGroup('cluster', { PORT: port }, node)
  await shop.said(/both listen/)
  // Readiness of both: each says so after it listens.
  await shop.said(/shop-1 is ready/)
  await shop.said(/shop-2 is ready/)
  return { shop, ask: (ms: number) => fetch(`http://127.0.0.1:${port}/?ms=${ms}`).then((res) => res.text()) }
}

describe.each([{ name: 'this Node', path: process.execPath }, ...nodes])('X5 workers of a cluster on $name', ({ path }) => {
  it('drain and stop when their primary dies, which would end them at once', async () => {
    const { shop, ask } = await started(path)
    const answer = ask(500)
    await shop.said(/worker \d was asked/)
    shop.write('die\n')
    expect(await answer).toMatch(/^worker \d$/)
    const { output } = await shop.ended
    for (const id of [1, 2]) {
      expect(output).toContain(`db of ${id} was stopped`)
      expect(output).toMatch(new RegExp(`"msg":"shop-${id} stopped in .*, exit code 0"`))
    }
    expect(output).toContain('"msg":"primary disconnected: draining')
  })

  it('drain and stop when they are disconnected', async () => {
    const { shop, ask } = await started(path)
    const answer = ask(500)
    await shop.said(/worker \d was asked/)
    shop.write('disconnect\n')
    expect(await answer).toMatch(/^worker \d$/)
    const { code, output } = await shop.ended
    for (const id of [1, 2]) {
      expect(output).toContain(`db of ${id} was stopped`)
      expect(output).toContain(`worker ${id} ended with 0, voluntarily: true`)
    }
    expect(output).toContain('"msg":"disconnected by the primary: draining')
    expect(output).not.toContain('crashed')
    expect(code).toBe(0)
  })
})

describe('X5 workers of a cluster', () => {
  it('each stop once when a Ctrl-C reaches them and their primary', async () => {
    const { shop, ask } = await started()
    const answer = ask(500)
    await shop.said(/worker \d was asked/)
    shop.killGroup('SIGINT')
    expect(await answer).toMatch(/^worker \d$/)
    const { code, output } = await shop.ended
    expect(output).toContain('the primary heard SIGINT')
    for (const id of [1, 2]) {
      expect(output.split(`db of ${id} was stopped`)).toHaveLength(2)
      expect(output).toContain(`worker ${id} ended with 0, voluntarily: false`)
    }
    expect(output).not.toContain('again')
    expect(output).not.toContain('still alive')
    expect(code).toBe(0)
  })

  it("obey their primary's message 'shutdown'", async () => {
    const { shop } = await started()
    shop.write('shutdown\n')
    const { code, output } = await shop.ended
    expect(output.split('"msg":"shutdown message: draining"')).toHaveLength(3)
    expect(code).toBe(0)
  })
})
