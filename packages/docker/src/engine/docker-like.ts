/** A client of Docker's API, such as one of dockerode: the methods that are called, whatever they are declared to take. */
export interface AnyDocker {
  ping(...args: never[]): unknown
  listContainers(...args: never[]): unknown
  getEvents(...args: never[]): unknown
  getContainer(...args: never[]): unknown
}

/** The same, as it is called. */
export interface DockerLike {
  ping(options: Abortable): Promise<unknown>
  listContainers(options: ListOptions): Promise<ListedContainer[]>
  getEvents(options: EventOptions): Promise<NodeJS.ReadableStream>
  getContainer(id: string): ContainerLike
}

export interface ContainerLike {
  inspect(options: Abortable): Promise<Inspection>
  restart(options: Abortable & { t?: number }): Promise<unknown>
  unpause(options: Abortable): Promise<unknown>
  exec(options: Abortable & { Cmd: string[]; AttachStdout: boolean; AttachStderr: boolean }): Promise<ExecLike>
}

export interface ExecLike {
  start(options: Abortable): Promise<NodeJS.ReadableStream>
  inspect(options: Abortable): Promise<{ ExitCode: number | null }>
}

export interface Abortable {
  abortSignal?: AbortSignal
}

/** The filters of Docker's own API: label, name, ancestor, network, id and so on. */
export type Filters = Readonly<Record<string, readonly string[]>>

export interface ListOptions extends Abortable {
  all: boolean
  filters: Record<string, string[]>
}

export interface EventOptions extends Abortable {
  filters: Record<string, string[]>
}

/** An entry of the list of containers. */
export interface ListedContainer {
  Id: string
  Names?: string[]
  Image: string
  State: string
  Labels?: Record<string, string> | null
  Ports?: { PrivatePort: number; PublicPort?: number; IP?: string; Type: string }[] | null
  NetworkSettings?: { Networks?: Record<string, { IPAddress?: string }> | null } | null
}

export interface HealthcheckConfig {
  StartPeriod?: number
  Interval?: number
  Timeout?: number
  Retries?: number
}

/** The fields of an inspection that are read. */
export interface Inspection {
  State: {
    Status?: string
    Running: boolean
    Paused?: boolean
    Restarting?: boolean
    OOMKilled?: boolean
    ExitCode?: number
    Error?: string
    StartedAt?: string
    Health?: { Status: string; FailingStreak?: number; Log?: { Output: string; ExitCode: number }[] | null } | null
  }
  RestartCount?: number
  HostConfig?: { RestartPolicy?: { Name?: string } | null } | null
  Config?: { Image?: string; StopTimeout?: number; Healthcheck?: HealthcheckConfig | null }
  NetworkSettings?: {
    Networks?: Record<string, { IPAddress?: string }> | null
    /** By `port/protocol`; null for one that is not published. */
    Ports?: Record<string, { HostPort?: string }[] | null> | null
  } | null
}
