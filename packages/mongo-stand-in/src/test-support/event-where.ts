import type {
  MongoClient,
  ServerDescriptionChangedEvent,
  ServerHeartbeatFailedEvent,
  ServerHeartbeatSucceededEvent,
} from 'mongodb'

interface Events {
  serverDescriptionChanged: ServerDescriptionChangedEvent
  serverHeartbeatFailed: ServerHeartbeatFailedEvent
  serverHeartbeatSucceeded: ServerHeartbeatSucceededEvent
}

/** The next event of the client that fits. */
export function eventWhere<K extends keyof Events>(
  client: MongoClient,
  name: K,
  fits: (event: Events[K]) => boolean,
): Promise<Events[K]> {
  return new Promise((resolve) => {
    const listener = (event: Events[K]) => {
      if (!fits(event)) return
      client.off(name, listener as () => void)
      resolve(event)
    }
    client.on(name, listener as () => void)
  })
}
