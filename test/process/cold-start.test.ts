import { describe, expect, it } from 'vitest'
import { runFixture } from './child.js'
import { everyNode } from './every-node.js'

describe.each(everyNode)('N8 a cold start on $name', ({ node }) => {
  it('loads neither TLS nor HTTP/2 where a server needs none of it', async () => {
    expect(await runFixture('cold-start', { SERVER: 'plain' }, node).ended).toMatchObject({ code: 0, output: '\n' })
  })

  it('loads what a server with TLS or HTTP/2 needs', async () => {
    expect((await runFixture('cold-start', { SERVER: 'tls' }, node).ended).output).toMatch(/^tls https/)
    expect((await runFixture('cold-start', { SERVER: 'h2c' }, node).ended).output).toContain('http2')
  })
})
