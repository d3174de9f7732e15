import { request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect } from 'node:net'
import type { ContainerLike } from './docker-like.js'

/** What a container must answer besides being up: an HTTP status below 400, an open TCP port, or a command that exits with 0. */
export type OwnProbe =
  | { readonly http: string }
  | { readonly tcp: { readonly host: string; readonly port: number } }
  | { readonly exec: readonly string[] }

/** Resolves to what is wrong, or to nothing. */
export function ownProbe(probe: OwnProbe, container: ContainerLike, signal: AbortSignal): Promise<string | undefined> {
  if ('http' in probe) return httpProbe(probe.http, signal)
  if ('tcp' in probe) return tcpProbe(probe.tcp.host, probe.tcp.port, signal)
  return execProbe(probe.exec, container, signal)
}

function httpProbe(url: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve(`${url} does not answer: ${error.message}`)
    const ask = url.startsWith('https:') ? secureRequest : request
    const asked = ask(url, { agent: false, signal }, (response) => {
      const status = response.statusCode ?? 0
      response.on('error', failed).resume()
      resolve(status < 400 ? undefined : `${url} answers ${status}`)
    })
    asked.on('error', failed).end()
  })
}

function tcpProbe(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    socket.on('connect', () => {
      resolve(undefined)
      socket.destroy()
    })
    socket.on('error', (error) => resolve(`${host}:${port} does not accept connections: ${error.message}`))
  })
}

async function execProbe(command: readonly string[], container: ContainerLike, signal: AbortSignal): Promise<string | undefined> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal: signal })
  const output = await exec.start({ abortSignal: signal })
  await new Promise<void>((resolve, reject) => {
    output.on('end', resolve).on('close', resolve).on('error', reject)
    output.resume()
  })
  const { ExitCode } = await exec.inspect({ abortSignal: signal })
  return ExitCode === 0 ? undefined : `${command.join(' ')} ended with code ${ExitCode}`
}
