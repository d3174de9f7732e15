import cluster from 'node:cluster'
import { isObject } from '../options.js'

/**
 * X5: hears of what the process that started this one wants: the message 'shutdown', as PM2 sends it, and, in a worker of a
 * cluster, the loss of the primary. Returns a function that ends this.
 */
export function followParent(leave: (reason: string) => void): () => void {
  if (process.send === undefined) return () => {}
  const { worker } = cluster
  const onMessage = (message: unknown) => {
    if (message === 'shutdown') leave('shutdown message')
  }
  const onDisconnect = () => {
    // Node ends a worker at once, in the middle of its requests, unless this says that it was meant to be disconnected.
    if (worker !== undefined) worker.exitedAfterDisconnect = true
    leave('primary disconnected')
  }
  const onInternalMessage = (message: unknown) => {
    if (isDisconnecting(message)) leave('disconnected by the primary')
  }
  process.on('message', onMessage)
  if (worker !== undefined) {
    process.on('internalMessage', onInternalMessage)
    worker.on('disconnect', onDisconnect)
    if (!process.connected) onDisconnect()
  }
  return () => {
    process.off('message', onMessage)
    process.off('internalMessage', onInternalMessage)
    worker?.off('disconnect', onDisconnect)
  }
}

/**
 * The primary's `worker.disconnect()` closes the servers of a worker first and is known to it only when the last connection has
 * ended, which streams would delay for ever. Node does not document this message; without it the end just comes later.
 */
function isDisconnecting(message: unknown): boolean {
  return isObject(message) && message.cmd === 'NODE_CLUSTER' && message.act === 'disconnect'
}

/** Whether Node closes the servers of this process because its primary wants it to end. */
export function isBeingDisconnected(): boolean {
  return cluster.worker?.exitedAfterDisconnect === true
}

/** PM2's `wait_ready`. A parent that is gone does not matter any more. */
export function tellParentReady(): void {
  if (process.connected) process.send?.('ready', undefined, undefined, () => {})
}

/** A channel to the parent is no reason to stay when all work is done; Node keeps every worker of a cluster alive by it. */
export function releaseParent(): void {
  process.channel?.unref()
}

export function isClusterWorker(): boolean {
  return cluster.isWorker
}
