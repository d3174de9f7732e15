import type { Inspection, ListedContainer } from '../engine/docker-like.js'

/** A container as `sessionOf` and `probe` receive it. */
export interface ContainerInfo {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  /** Its addresses, by the name of the network; none on the networks `none` and `host`. */
  readonly addresses: Readonly<Record<string, string>>
  readonly ports: readonly { readonly private: number; readonly public?: number; readonly type: string }[]
}

/** Where a container can be reached; may change with each of its runs. */
export type Reach = Pick<ContainerInfo, 'addresses' | 'ports'>

/** Where an inspected container can be reached; undefined when the inspection has no network settings. */
export function reachOf({ NetworkSettings }: Inspection): Reach | undefined {
  if (!NetworkSettings) return undefined
  const ports = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) => {
    const [number, type = 'tcp'] = port.split('/')
    const published = (bindings ?? []).map(({ HostPort }) => ({ private: Number(number), public: Number(HostPort), type }))
    return published.length > 0 ? published : [{ private: Number(number), type }]
  })
  return { addresses: addressesOf(NetworkSettings.Networks), ports }
}

export function containerInfo({ Id, Names, Image, Labels, Ports, NetworkSettings }: ListedContainer): ContainerInfo {
  return {
    id: Id,
    name: Names?.[0]?.replace(/^\//, '') ?? Id.slice(0, 12),
    image: Image,
    labels: { ...Labels },
    addresses: addressesOf(NetworkSettings?.Networks),
    ports: (Ports ?? []).map(({ PrivatePort, PublicPort, Type }) => ({
      private: PrivatePort,
      ...(PublicPort !== undefined && { public: PublicPort }),
      type: Type,
    })),
  }
}

function addressesOf(networks: Record<string, { IPAddress?: string }> | null | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(networks ?? {}).flatMap(([name, { IPAddress }]) => (IPAddress ? [[name, IPAddress]] : [])),
  )
}
