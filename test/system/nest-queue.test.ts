import { redisServer } from '@keelson/test-servers'
import { expect, it, onTestFinished } from 'vitest'
import { compileApp, VERSIONS } from '../nest/nest-app.js'
import { runInGroup } from '../process/child.js'

it.each(VERSIONS)(
  'W1 jobs of @nestjs/bullmq, on NestJS %i, are done before providers are destroyed, and no new one is taken',
  async (version) => {
    const redis = await redisServer()
    onTestFinished(() => redis.stop())
    const app = compileApp('jobs', version)
    onTestFinished(() => app.remove())
    const env = { PATH: process.env.PATH ?? '', REDIS_PORT: String(redis.port) }
    const child = runInGroup(process.execPath, [app.file], { env })
    const [, url] = await child.said(/listens at (.*)\./)
    await fetch(`${url}/mails`, { method: 'POST' })
    await child.said(/sends first/)
    child.kill('SIGTERM')
    const { code, output } = await child.ended
    expect(output).toMatch(/sends first.*SIGTERM: draining.*sent first.*mailer destroyed/s)
    expect(output).not.toMatch(/sends (second|third)/)
    expect(code).toBe(0)
  },
)
