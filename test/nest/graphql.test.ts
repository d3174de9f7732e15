import { expect, it, onTestFinished } from 'vitest'
import { runInGroup } from '../process/child.js'
import { compileApp } from './nest-app.js'

it('N1 queries of GraphQL are answered while it drains, those in flight and new ones, before Apollo Server stops', async () => {
  const app = compileApp('graphql', 12)
  onTestFinished(() => app.remove())
  const child = runInGroup(process.execPath, [app.file], { env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production' } })
  const [, url] = await child.said(/listens at (.*)\./)
  const ask = async (ms: number) => {
    const body = JSON.stringify({ query: `{ wait(ms: ${ms}) }` })
    const res = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return await res.json()
  }
  const answer = ask(1_200)
  await child.said(/waits for 1200/)
  child.kill('SIGTERM')
  await child.said(/SIGTERM: draining/)
  expect(await ask(1)).toEqual({ data: { wait: 'waited for 1' } })
  expect(await answer).toEqual({ data: { wait: 'waited for 1200' } })
  const { code, output } = await child.ended
  expect(output.match(/resolver destroyed/g)).toHaveLength(1)
  expect(code).toBe(0)
})
