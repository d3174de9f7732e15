import { resource } from '@keelson/kernel'
import { describe, expect, test } from 'vitest'
import { redisLock } from '../index.js'

/** Answers each command with the next of these. */
function client(...answers: unknown[]) {
  const sent: string[][] = []
  const answer = async (args: string[]) => {
    sent.push(args)
    return answers.shift()
  }
  return {
    sent,
    node: { sendCommand: answer },
    io: {
      call: (command: string, ...args: string[]) => answer([command, ...args]),
      sendCommand: () => Promise.reject(new Error('no')),
    },
  }
}

describe.each(['node', 'io'] as const)('a lock in Redis, through a client of %s-redis', (kind) => {
  test('asks for a key of its own, and for a token that is counted beside it', async () => {
    const redis = client([1, '7'], 1, 0, 1)
    const session = await redisLock(redis[kind], 'shop jobs', { lease: 5_000 }).open(undefined, 'a:1:abcdef')
    expect(await session.acquire()).toEqual({ taken: true, token: 7n })
    expect(await session.renew()).toBe(true)
    expect(await session.renew()).toBe(false)
    await session.release()
    const own = ['2', '{shop jobs}', '{shop jobs}:token', 'a:1:abcdef']
    expect(redis.sent.map(([command, , ...args]) => [command, ...args])).toEqual([
      ['EVAL', ...own, '5000'],
      ['EVAL', ...own, '5000'],
      ['EVAL', ...own, '5000'],
      ['EVAL', ...own],
    ])
  })

  test('says who has it', async () => {
    const session = await redisLock(client([0, 'b:2:abcdef'])[kind], 'jobs').open(undefined, 'a')
    expect(await session.acquire()).toEqual({ taken: false, holder: 'b:2:abcdef' })
  })
})

test('it may be made on the resource; what is no client, and what is no key, is refused', async () => {
  const redis = resource('redis', { start: () => client([1, '1']).node })
  const lock = redisLock(redis, 'jobs')
  expect(lock).toMatchObject({ lease: 30_000, on: redis })
  const session = await lock.open(client([1, '3']).node, 'a')
  expect(await session.acquire()).toEqual({ taken: true, token: 3n })
  await expect(redisLock({} as never, 'jobs').open(undefined, 'a')).rejects.toThrow(
    'redisLock(redis) is no client; pass a client of node-redis',
  )
  expect(() => redisLock(client().node, '')).toThrow('the key of redisLock() is no name')
  expect(() => redisLock(client().node, 'jobs', { lease: -1 })).toThrow('lease is -1')
})
