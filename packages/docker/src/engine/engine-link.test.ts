import { systemClock } from '@keelson/kernel'
import Docker from 'dockerode'
import { expect, test } from 'vitest'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { adopt, clientFor, linkOf } from './docker-engine.js'
import type { DockerLike } from './docker-like.js'

test('an engine that only answers over the connections that it had is leaving, and not back', async () => {
  const engine = await new ScriptedEngine().start()
  const { id } = engine.run('one')
  const { docker, agent } = clientFor(Docker, { socketPath: engine.socketPath })
  const link = linkOf(adopt(docker as DockerLike, systemClock, agent))!
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
  agent?.destroy()
  await engine.dispose()
})
