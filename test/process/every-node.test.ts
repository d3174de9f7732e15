import { describe, expect, it } from 'vitest'
import { runFixture } from './child.js'
import { everyNode } from './every-node.js'

// That nothing is written to standard error is asserted of every fixture, by what runs them.
describe.each(everyNode)('on $name', ({ node }) => {
  it('X1 a shutdown that takes longer than a forwarded signal ends with code 0 and without a warning', async () => {
    const shop = runFixture('shop', { DELAY: 400 }, node)
    await shop.said(/shop is ready/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toMatch(/"msg":"shop stopped in .*, exit code 0"/)
    expect(code).toBe(0)
  })

  it('X6 what listens to a signal besides has its turn at the end, and does not change the exit code', async () => {
    const shop = runFixture('guests', { GUEST: 'prisma' }, node)
    await shop.said(/asked\n/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toMatch(/"held":\[\{"event":"SIGTERM","at":"[^"]*guests\.mjs:\d+"/)
    expect(output).toMatch(/db was stopped.*prisma begins, the kernel is stopped.*prisma is done.*exit 0/s)
    expect(code).toBe(0)
  })

  it('X7 who ends the process in the middle is told', async () => {
    const shop = runFixture('guests', { SELF: 'exit' }, node)
    await shop.said(/asked\n/)
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output).toMatch(/process\.exit\(\) was called by [^"]*guests\.mjs:\d+ /)
    expect(code).toBe(42)
  })

  it('X2 a kernel that ends by itself lets the process end, without a warning', async () => {
    const { code, output } = await runFixture('job', {}, node).ended
    expect(output).toContain('run() returned 0\nended by itself with 0')
    expect(code).toBe(0)
  })

  it('X3 an error that nobody handles shuts it down, and is told on standard output only', async () => {
    const { code, output } = await runFixture('uncaught', { KIND: 'exception' }, node).ended
    expect(output).toContain('uncaught exception')
    expect(code).toBe(1)
  })
})
