import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { pause, redis } from './scene.js'

const JOBS = 1_000
const WORKERS = 2
const QUEUE = 'campaign'
/** After a SIGTERM, as a platform would: then it is killed. */
const PLATFORM_GRACE = 3_000
/** What the shutdown of a worker may take of that. */
const BUDGET = 2_500
/** For all of it: a worker that loses jobs would never be done. */
const PATIENCE = 200_000

export interface Figures {
  done: number
  /** Ran to its end more than once. */
  doneTwice: number
  /** How many times one was told to end, did, and was begun again. */
  handedBack: number
  /** How many times one was cut off in the middle without being told, and begun again. */
  cutOff: number
  failed: number
  /** Left to be found without a lock, and how many of them more than once, which BullMQ takes for a failure by default. */
  stalled: number
  stalledTwice: number
  terminated: number
  /** Of those, how many the platform had to kill. */
  outOfTime: number
  killed: number
  exitCodes: (number | null)[]
  seconds: number
}

/** 1,000 jobs over two processes, a SIGTERM for every 100 that are done and a kill -9 for every 250; who goes is replaced. */
export async function campaign(fixture: string): Promise<Figures> {
  const server = await redis()
  const at = { host: '127.0.0.1', port: server.port }
  const look = new Redis(at).on('error', () => {})
  const queue = new Queue(QUEUE, { connection: at }).on('error', () => {})
  await queue.addBulk(Array.from({ length: JOBS }, (_, n) => ({ name: 'job', data: jobOf(n), opts: { attempts: 1 } })))
  const figures = { terminated: 0, outOfTime: 0, killed: 0, exitCodes: [] as (number | null)[] }
  const path = fileURLToPath(new URL(`../fixtures/${fixture}`, import.meta.url))
  const env = { ...process.env, REDIS_PORT: String(server.port), BUDGET_MS: String(BUDGET) }
  const spawn = async (): Promise<ChildProcess> => {
    const child = fork(path, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const up = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => undefined)])
    if (up === undefined) throw new Error(`${fixture} has ended instead of starting`)
    child.disconnect()
    return child
  }
  const begun = Date.now()
  const workers = await Promise.all(Array.from({ length: WORKERS }, spawn))
  let turn = 0
  const next = () => turn++ % WORKERS
  const replace = async (slot: number, signal: NodeJS.Signals) => {
    const child = workers[slot]!
    const exit = once(child, 'exit')
    child.kill(signal)
    if (signal === 'SIGTERM') {
      figures.terminated++
      const tooLong = setTimeout(() => {
        figures.outOfTime++
        child.kill('SIGKILL')
      }, PLATFORM_GRACE)
      const [code] = await exit
      clearTimeout(tooLong)
      figures.exitCodes.push(code)
    } else {
      figures.killed++
      await exit
    }
    workers[slot] = await spawn()
  }
  try {
    let terms = 100
    let kills = 250
    while (Date.now() - begun < PATIENCE) {
      const count = Number(await look.get('count'))
      if (count >= terms && terms <= JOBS) {
        terms += 100
        await replace(next(), 'SIGTERM')
      }
      if (count >= kills && kills <= JOBS) {
        kills += 250
        await replace(next(), 'SIGKILL')
      }
      const { active = 0, waiting = 0, delayed = 0 } = await queue.getJobCounts('active', 'waiting', 'delayed')
      if (active + waiting + delayed === 0 && terms > JOBS && kills > JOBS) break
      await pause(20)
    }
    const seconds = Math.round((Date.now() - begun) / 1_000)
    const counts = (key: string) => look.hgetall(key).then((all) => Object.values(all).map(Number))
    const [done, starts, told] = await Promise.all([counts('done'), counts('begun'), counts('told')])
    const jobs = await queue.getJobs(['completed', 'failed'])
    const stalls = jobs.map(({ stalledCounter }) => stalledCounter)
    return {
      done: done.length,
      doneTwice: done.filter((times) => times > 1).length,
      handedBack: sum(told),
      cutOff: sum(starts) - sum(done) - sum(told),
      failed: await queue.getFailedCount(),
      stalled: stalls.filter((times) => times > 0).length,
      stalledTwice: stalls.filter((times) => times > 1).length,
      ...figures,
      seconds,
    }
  } finally {
    for (const child of workers) child.kill('SIGKILL')
    await queue.close()
    look.disconnect()
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** Most are short; some are longer than a shutdown may be, most of which end when they are told to. */
function jobOf(n: number): { ms: number; polite: boolean } {
  if (n % 40 === 0) return { ms: 6_000, polite: n % 200 !== 0 }
  return { ms: 20 + ((n * 37) % 60), polite: true }
}
