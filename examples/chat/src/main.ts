import { expressServer } from '@keelson/express'
import { createKernel, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { socketIo } from '@keelson/socketio'
import express from 'express'
import { Server } from 'socket.io'

const log = resource('log', { start: () => [] as string[] })

const api = expressServer('api', {
  port: Number(process.env.PORT ?? 3000),
  app: () =>
    express().post('/announce', (req, res) => {
      kernel.get(chat).to('lobby').emit('said', String(req.query.text)) // from a request to all who are there
      res.sendStatus(202)
    }),
})

const chat = socketIo('chat', {
  server: api,
  dependsOn: { log }, // typed: io receives a string[]
  io: ({ log }) => {
    const io = new Server({ cors: { origin: '*' } })
    io.on('connection', async (socket) => {
      await socket.join('lobby')
      socket.on('say', async (text: string, done: (count: number) => void) => {
        const count = log.push(text)
        io.to('lobby').emit('said', text)
        done(count) // also while it shuts down: the goodbye comes after it
      })
    })
    return io
  },
})

const kernel = createKernel([chat], { name: 'chat' })
await run(kernel, { probes: { port: Number(process.env.PROBE_PORT ?? 9000) } })
