import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { describe, expect, it } from 'vitest'
import { overHttp, ProxyProcess, real, refusal, scripted, textOf, variable } from './proxy.js'

const SERVERS = {
  everything: real('everything'),
  files: real('filesystem', variable('PROXY_FOLDER')),
  memory: { ...real('memory'), env: { MEMORY_FILE_PATH: `${variable('PROXY_FOLDER')}/memory.json` } },
  scripted: scripted(),
}

async function overStdio(): Promise<{ proxy: ProxyProcess; client: Client }> {
  const proxy = new ProxyProcess(SERVERS, '--stdio')
  return { proxy, client: await proxy.stdio() }
}

async function overPort(): Promise<{ proxy: ProxyProcess; client: Client }> {
  const proxy = new ProxyProcess(SERVERS, '--port', '0')
  return { proxy, client: await overHttp(await proxy.port()) }
}

describe.each([
  ['stdio', overStdio],
  ['streamable HTTP', overPort],
])('over %s', (_, start) => {
  it('lists the tools of three real servers under their names, and calls each', async () => {
    const { proxy, client } = await start()
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['everything__echo', 'files__read_text_file', 'memory__read_graph']))
    expect(names).toEqual([...new Set(names)])
    expect(await textOf(client, 'everything__echo', { message: 'hello' })).toBe('Echo: hello')
    writeFileSync(join(proxy.folder, 'note.txt'), 'written before')
    expect(await textOf(client, 'files__read_text_file', { path: join(proxy.folder, 'note.txt') })).toBe('written before')
    await client.callTool({
      name: 'memory__create_entities',
      arguments: { entities: [{ name: 'keel', entityType: 'beam', observations: ['long'] }] },
    })
    expect(await textOf(client, 'memory__read_graph')).toContain('keel')
  })

  it('passes progress on, all of it and in order', async () => {
    const { client } = await start()
    const seen: unknown[] = []
    const request = { name: 'everything__trigger-long-running-operation', arguments: { duration: 2, steps: 4 } }
    const { content } = await client.callTool(request, undefined, { onprogress: (progress) => void seen.push(progress) })
    expect(content).toMatchObject([{ text: expect.stringContaining('completed') }])
    expect(seen.slice(0, 3)).toEqual([1, 2, 3].map((progress) => ({ progress, total: 4 })))
  })

  it('passes progress on also where the server sends it in one piece with the answer', async () => {
    const { client } = await start()
    const transport = client.transport!
    const { onmessage } = transport
    const seen: string[] = []
    // The SDK's client loses progress when it reads both at once; here it is about what it is sent.
    transport.onmessage = (message, extra) => {
      // What servers log comes when it comes.
      const what = 'method' in message ? message.method : 'answer'
      if (what !== 'notifications/message') seen.push(what)
      onmessage?.(message, extra)
    }
    for (let n = 0; n < 10; n++) await client.callTool({ name: 'scripted__hurry' }, undefined, { onprogress: () => {} })
    expect(seen).toEqual(Array.from({ length: 10 }, () => ['notifications/progress', 'answer']).flat())
  })

  it('passes a cancellation on, so that nobody works on what nobody wants', async () => {
    const { proxy, client } = await start()
    const cancelling = new AbortController()
    const request = { name: 'scripted__hold', arguments: { until: join(proxy.folder, 'never') } }
    const error = refusal(client.callTool(request, undefined, { signal: cancelling.signal }))
    await proxy.said('[scripted] holding')
    cancelling.abort(new Error('changed my mind'))
    expect((await error).message).toContain('changed my mind')
    await proxy.said('[scripted] cancelled')
    expect(await textOf(client, 'scripted__echo', { message: 'on' })).toBe('on')
  })

  it('says what is wrong with a call: no such tool, no such server, the words of the server itself', async () => {
    const { client } = await start()
    expect(await refusal(client.callTool({ name: 'nobody__echo' }))).toMatchObject({
      code: -32602,
      message: 'MCP error -32602: there is no tool "nobody__echo"; ask for the list of tools again',
    })
    expect((await refusal(client.callTool({ name: 'echo' }))).message).toContain('there is no tool "echo"')
    expect(await textOf(client, 'everything__nothing')).toBe('MCP error -32602: Tool nothing not found')
    expect(await textOf(client, 'files__read_text_file', { path: '/etc/passwd' })).toContain('Access denied')
  })

  it('shows the state of its kernel as a resource', async () => {
    const { client } = await start()
    const { resources } = await client.listResources()
    expect(resources).toContainEqual(expect.objectContaining({ uri: 'keelson://inspect', mimeType: 'application/json' }))
    const { contents } = await client.readResource({ uri: 'keelson://inspect' })
    const snapshot = JSON.parse((contents[0] as { text: string }).text)
    expect(snapshot).toMatchObject({ name: 'mcp-proxy', state: 'running', probe: { status: 'ready' } })
    expect(snapshot.resources).toContainEqual(expect.objectContaining({ name: 'files', state: 'running', restarts: 0 }))
    expect((await refusal(client.readResource({ uri: 'keelson://other' }))).message).toContain('no resource "keelson://other"')
  })
})

it("passes on the error of a server as it stands, whatever its code, those of the SDK's own errors among them", async () => {
  const proxy = new ProxyProcess({ one: scripted() }, '--stdio')
  const client = await proxy.stdio()
  for (const code of [-32_000, -32_001, -32_603, 5]) {
    const error = await refusal(
      client.callTool({ name: 'one__fail', arguments: { code, message: 'disk full', data: { free: 0 } } }),
    )
    expect(error).toMatchObject({ code, message: `MCP error ${code}: disk full`, data: { free: 0 } })
  }
})

it('holds each server to its own limit', async () => {
  const proxy = new ProxyProcess(
    { slow: { ...real('everything'), limit: { limit: 2, window: 600_000 } }, quick: real('everything') },
    '--stdio',
  )
  const client = await proxy.stdio()
  const calls = await Promise.allSettled([1, 2, 3].map(() => textOf(client, 'slow__echo', { message: 'x' })))
  expect(calls.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  const error = await refusal(textOf(client, 'slow__echo', { message: 'x' }))
  expect(error.message).toMatch(/server "slow" takes 2 calls in 600000 ms; try again in \d+ ms/)
  expect(error.data).toMatchObject({ server: 'slow', reason: 'limited' })
  expect((error.data as { retryAfter: number }).retryAfter).toBeGreaterThan(0)
  for (let n = 0; n < 5; n++) expect(await textOf(client, 'quick__echo', { message: 'x' })).toBe('Echo: x')
})

it('passes on only what the entry of a server allows, in its list and when it is called', async () => {
  const proxy = new ProxyProcess({ one: { ...scripted(), allow: ['e*', 's*'], deny: ['sleep'] } }, '--stdio')
  const client = await proxy.stdio()
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['one__echo'])
  for (const name of ['one__sleep', 'one__hold']) {
    expect((await refusal(client.callTool({ name, arguments: { ms: 0 } }))).message).toContain(`there is no tool "${name}"`)
  }
})

it('lets calls wait for their turn where an entry says for how long', async () => {
  const proxy = new ProxyProcess({ one: { ...scripted(), limit: { limit: 1, window: 1_000, wait: 60_000 } } }, '--stdio')
  const client = await proxy.stdio()
  const texts = ['a', 'b', 'c'].map((message) => textOf(client, 'one__echo', { message }))
  expect(await Promise.all(texts)).toEqual(['a', 'b', 'c'])
})

it('ends a call that takes longer than the entry of its server says, there too', async () => {
  const proxy = new ProxyProcess({ one: { ...scripted(), timeouts: { call: 300 } } }, '--stdio')
  const client = await proxy.stdio()
  const error = await refusal(client.callTool({ name: 'one__hold', arguments: { until: join(proxy.folder, 'never') } }))
  expect(error).toMatchObject({ code: -32_014, data: { server: 'one', reason: 'late' } })
  await proxy.said('[one] cancelled')
  expect(await textOf(client, 'one__echo', { message: 'on' })).toBe('on')
})
