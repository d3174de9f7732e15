import { expect, it } from 'vitest'
import { failureOf } from '../test-support/kernels.js'
import { allTools } from './all-tools.js'

/** A client of a server whose list has so many pages. */
function listing(pages: number, toolsOn = (page: number): object[] => [{ name: `tool-${page}` }]) {
  const asked: (string | undefined)[] = []
  const listTools = async ({ cursor }: { cursor?: string } = {}) => {
    asked.push(cursor)
    const page = Number(cursor ?? 0)
    return { tools: toolsOn(page), ...(page + 1 < pages && { nextCursor: `${page + 1}` }) }
  }
  return { asked, client: { listTools } as unknown as Parameters<typeof allTools>[0] }
}

it('asks page by page until there is no more', async () => {
  const { client, asked } = listing(3)
  expect((await allTools(client, { server: 'files' })).map(({ name }) => name)).toEqual(['tool-0', 'tool-1', 'tool-2'])
  expect(asked).toEqual([undefined, '1', '2'])
})

it.each([
  ['an endless list', listing(Infinity), {}, /server "files" lists tools on more than 100 pages; raise maxPages/],
  ['a list of as many pages as may be', listing(3), { maxPages: 2 }, /more than 2 pages; raise maxPages/],
  ['many tools', listing(2, () => new Array(501).fill({ name: 'a' })), {}, /more than 1000 tools; raise maxTools/],
  [
    'long tools',
    listing(2, () => [{ name: 'a', description: 'x'.repeat(6e6) }]),
    {},
    /more than 10485760 characters; raise maxListSize/,
  ],
  ['tools that are longer than may be', listing(1), { maxListSize: 10 }, /more than 10 characters; raise maxListSize/],
])('gives %s up', async (_what, { client, asked }, limits, message) => {
  const error = await failureOf(allTools(client, { server: 'files', ...limits }))
  expect(error).toMatchObject({ code: 'CRASHED', resource: 'files', details: { server: 'files' } })
  expect(error.message).toMatch(message)
  expect(asked.length).toBeLessThanOrEqual(100)
})

it.each([{ maxPages: 0 }, { maxTools: 1.5 }, { maxListSize: Number.NaN }])('refuses %o', async (limits) => {
  expect(await failureOf(allTools(listing(1).client, { server: 'files', ...limits }))).toMatchObject({ code: 'INVALID_OPTION' })
})
