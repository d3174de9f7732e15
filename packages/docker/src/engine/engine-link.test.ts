import { systemClock } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { adopt, linkOf } from './docker-engine.js'
import { EngineClient } from './engine-client.js'

test('an engine that only answers over the connections that it had is leaving, and not back', async () => {
  const engine = await new ScriptedEngine().start()
  const { id } = engine.run('one')
  const docker = new EngineClient({ socketPath: engine.socketPath })
  const link = linkOf(adopt(docker, systemClock))!
  const told: string[] = []
  link.watch({ lost: () => told.push('lost'), back: () => told.push('back') })
  const { signal } = new AbortController()
  const inspect = () => link.ask(10_000, signal, (abortSignal) => link.docker.getContainer(id).inspect({ abortSignal }))
  await inspect()
  engine.latency = 50
  engine.leave()
  // One goes over the connection that is there; for the other there is none.
  const both = [inspect(), inspect()]
  await both[0]
  expect(told).toEqual(['lost'])
  await new Promise((resolve) => setTimeout(resolve, 1_000)) // several attempts to come back
  expect(told).toEqual(['lost'])
  await engine.stop()
  await engine.start()
  await both[1]
  expect(told).toEqual(['lost', 'back'])
  link.close()
  docker.destroy()
  await engine.dispose()
})
