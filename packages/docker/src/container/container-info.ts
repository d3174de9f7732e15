import type { ListedContainer } from '../engine/docker-like.js'

/** What is known of a container when it is found: what `sessionOf` and `probe` decide by. */
export interface ContainerInfo {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  /** Its addresses, by the name of the network; none on the networks `none` and `host`. */
  readonly addresses: Readonly<Record<string, string>>
  readonly ports: readonly { readonly private: number; readonly public?: number; readonly type: string }[]
}

export function containerInfo({ Id, Names, Image, Labels, Ports, NetworkSettings }: ListedContainer): ContainerInfo {
  const networks = Object.entries(NetworkSettings?.Networks ?? {})
  return {
    id: Id,
    name: Names?.[0]?.replace(/^\//, '') ?? Id.slice(0, 12),
    image: Image,
    labels: { ...Labels },
    addresses: Object.fromEntries(networks.flatMap(([name, { IPAddress }]) => (IPAddress ? [[name, IPAddress]] : []))),
    ports: (Ports ?? []).map(({ PrivatePort, PublicPort, Type }) => ({
      private: PrivatePort,
      ...(PublicPort !== undefined && { public: PublicPort }),
      type: Type,
    })),
  }
}
