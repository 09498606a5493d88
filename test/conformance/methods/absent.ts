/** One call of each method that this version does not have: it must be refused by name, and at once. */
import type { Call } from "./present.ts";

const VAULT = { vault_id: "vlt_01" };
const STORE = { memory_store_id: "memstore_01" };
const SKILL = { skill_id: "skill_01" };
const TUNNEL = { tunnel_id: "tnl_01" };
const FILE = new File(["x"], "x.txt");

export const ABSENT: Record<string, Call> = {
  "environments.work.retrieve": ({ client, environment }) =>
    client.beta.environments.work.retrieve("work_01", { environment_id: environment }),
  "environments.work.update": ({ client, environment }) =>
    client.beta.environments.work.update("work_01", { environment_id: environment, metadata: {} }),
  "environments.work.list": ({ client, environment }) => client.beta.environments.work.list(environment),
  "environments.work.ack": ({ client, environment }) =>
    client.beta.environments.work.ack("work_01", { environment_id: environment }),
  "environments.work.heartbeat": ({ client, environment }) =>
    client.beta.environments.work.heartbeat("work_01", { environment_id: environment }),
  "environments.work.poll": ({ client, environment }) => client.beta.environments.work.poll(environment),
  "environments.work.stats": ({ client, environment }) => client.beta.environments.work.stats(environment),
  "environments.work.stop": ({ client, environment }) =>
    client.beta.environments.work.stop("work_01", { environment_id: environment }),
  "environments.work.poller": async ({ client, lab, environment }) => {
    const poller = client.beta.environments.work.poller({
      environmentId: environment,
      environmentKey: lab.server.key,
    });
    for await (const item of poller) return item;
  },
  "environments.work.worker": ({ client, lab, environment }) =>
    client.beta.environments.work
      .worker({ environmentId: environment, environmentKey: lab.server.key, tools: [] })
      .run(),
  "sessions.resources.retrieve": ({ client, session }) =>
    client.beta.sessions.resources.retrieve("sesrsc_01", { session_id: session }),
  "sessions.resources.update": ({ client, session }) =>
    client.beta.sessions.resources.update("sesrsc_01", { session_id: session, authorization_token: "t" }),
  "sessions.resources.list": ({ client, session }) => client.beta.sessions.resources.list(session),
  "sessions.resources.delete": ({ client, session }) =>
    client.beta.sessions.resources.delete("sesrsc_01", { session_id: session }),
  "sessions.resources.add": ({ client, session }) =>
    client.beta.sessions.resources.add(session, { type: "file", file_id: "file_01" }),
  "sessions.threads.archive": ({ client, session, thread }) =>
    client.beta.sessions.threads.archive(thread, { session_id: session }),
  "vaults.create": ({ client }) => client.beta.vaults.create({ display_name: "v" }),
  "vaults.retrieve": ({ client }) => client.beta.vaults.retrieve("vlt_01"),
  "vaults.update": ({ client }) => client.beta.vaults.update("vlt_01", {}),
  "vaults.list": ({ client }) => client.beta.vaults.list(),
  "vaults.delete": ({ client }) => client.beta.vaults.delete("vlt_01"),
  "vaults.archive": ({ client }) => client.beta.vaults.archive("vlt_01"),
  "vaults.credentials.create": ({ client }) =>
    client.beta.vaults.credentials.create("vlt_01", {
      auth: { type: "static_bearer", token: "t", mcp_server_url: "https://docs.example/mcp" },
    }),
  "vaults.credentials.retrieve": ({ client }) => client.beta.vaults.credentials.retrieve("vcrd_01", VAULT),
  "vaults.credentials.update": ({ client }) => client.beta.vaults.credentials.update("vcrd_01", VAULT),
  "vaults.credentials.list": ({ client }) => client.beta.vaults.credentials.list("vlt_01"),
  "vaults.credentials.delete": ({ client }) => client.beta.vaults.credentials.delete("vcrd_01", VAULT),
  "vaults.credentials.archive": ({ client }) => client.beta.vaults.credentials.archive("vcrd_01", VAULT),
  "vaults.credentials.mcpOAuthValidate": ({ client }) =>
    client.beta.vaults.credentials.mcpOAuthValidate("vcrd_01", VAULT),
  "memoryStores.create": ({ client }) => client.beta.memoryStores.create({ name: "m" }),
  "memoryStores.retrieve": ({ client }) => client.beta.memoryStores.retrieve("memstore_01"),
  "memoryStores.update": ({ client }) => client.beta.memoryStores.update("memstore_01", {}),
  "memoryStores.list": ({ client }) => client.beta.memoryStores.list(),
  "memoryStores.delete": ({ client }) => client.beta.memoryStores.delete("memstore_01"),
  "memoryStores.archive": ({ client }) => client.beta.memoryStores.archive("memstore_01"),
  "memoryStores.memories.create": ({ client }) =>
    client.beta.memoryStores.memories.create("memstore_01", { path: "/a.md", content: "a" }),
  "memoryStores.memories.retrieve": ({ client }) => client.beta.memoryStores.memories.retrieve("mem_01", STORE),
  "memoryStores.memories.update": ({ client }) => client.beta.memoryStores.memories.update("mem_01", STORE),
  "memoryStores.memories.list": ({ client }) => client.beta.memoryStores.memories.list("memstore_01"),
  "memoryStores.memories.delete": ({ client }) => client.beta.memoryStores.memories.delete("mem_01", STORE),
  "memoryStores.memoryVersions.retrieve": ({ client }) =>
    client.beta.memoryStores.memoryVersions.retrieve("memver_01", STORE),
  "memoryStores.memoryVersions.list": ({ client }) => client.beta.memoryStores.memoryVersions.list("memstore_01"),
  "memoryStores.memoryVersions.redact": ({ client }) =>
    client.beta.memoryStores.memoryVersions.redact("memver_01", STORE),
  "files.list": ({ client }) => client.beta.files.list(),
  "files.delete": ({ client }) => client.beta.files.delete("file_01"),
  "files.download": ({ client }) => client.beta.files.download("file_01"),
  "files.retrieveMetadata": ({ client }) => client.beta.files.retrieveMetadata("file_01"),
  "files.upload": ({ client }) => client.beta.files.upload({ file: FILE }),
  "skills.create": ({ client }) => client.beta.skills.create({ files: [FILE] }),
  "skills.retrieve": ({ client }) => client.beta.skills.retrieve("skill_01"),
  "skills.list": ({ client }) => client.beta.skills.list(),
  "skills.delete": ({ client }) => client.beta.skills.delete("skill_01"),
  "skills.versions.create": ({ client }) => client.beta.skills.versions.create("skill_01", { files: [FILE] }),
  "skills.versions.retrieve": ({ client }) => client.beta.skills.versions.retrieve("1", SKILL),
  "skills.versions.list": ({ client }) => client.beta.skills.versions.list("skill_01"),
  "skills.versions.delete": ({ client }) => client.beta.skills.versions.delete("1", SKILL),
  "skills.versions.download": ({ client }) => client.beta.skills.versions.download("1", SKILL),
  "deployments.create": ({ client, agent, environment }) =>
    client.beta.deployments.create({ name: "d", agent, environment_id: environment, initial_events: [] }),
  "deployments.retrieve": ({ client }) => client.beta.deployments.retrieve("depl_01"),
  "deployments.update": ({ client }) => client.beta.deployments.update("depl_01", {}),
  "deployments.list": ({ client }) => client.beta.deployments.list(),
  "deployments.archive": ({ client }) => client.beta.deployments.archive("depl_01"),
  "deployments.pause": ({ client }) => client.beta.deployments.pause("depl_01"),
  "deployments.run": ({ client }) => client.beta.deployments.run("depl_01"),
  "deployments.unpause": ({ client }) => client.beta.deployments.unpause("depl_01"),
  "deploymentRuns.retrieve": ({ client }) => client.beta.deploymentRuns.retrieve("drun_01"),
  "deploymentRuns.list": ({ client }) => client.beta.deploymentRuns.list(),
  "dreams.create": ({ client }) =>
    client.beta.dreams.create({ inputs: [{ type: "memory_store", memory_store_id: "memstore_01" }], model: "m" }),
  "dreams.retrieve": ({ client }) => client.beta.dreams.retrieve("drm_01"),
  "dreams.list": ({ client }) => client.beta.dreams.list(),
  "dreams.archive": ({ client }) => client.beta.dreams.archive("drm_01"),
  "dreams.cancel": ({ client }) => client.beta.dreams.cancel("drm_01"),
  "userProfiles.create": ({ client }) => client.beta.userProfiles.create({}),
  "userProfiles.retrieve": ({ client }) => client.beta.userProfiles.retrieve("uprof_01"),
  "userProfiles.update": ({ client }) => client.beta.userProfiles.update("uprof_01", {}),
  "userProfiles.list": ({ client }) => client.beta.userProfiles.list(),
  "userProfiles.delete": ({ client }) => client.beta.userProfiles.delete("uprof_01"),
  "userProfiles.createEnrollmentURL": ({ client }) => client.beta.userProfiles.createEnrollmentURL("uprof_01"),
  "userProfiles.actionURLs.create": ({ client }) =>
    client.beta.userProfiles.actionURLs.create("uprof_01", { type: "enrollment" } as never),
  "userProfiles.providers.google.dataControls.retrieve": ({ client }) =>
    client.beta.userProfiles.providers.google.dataControls.retrieve("uprof_01"),
  "userProfiles.providers.google.dataControls.update": ({ client }) =>
    client.beta.userProfiles.providers.google.dataControls.update("uprof_01", {}),
  "tunnels.create": ({ client }) => client.beta.tunnels.create({}),
  "tunnels.retrieve": ({ client }) => client.beta.tunnels.retrieve("tnl_01"),
  "tunnels.list": ({ client }) => client.beta.tunnels.list(),
  "tunnels.archive": ({ client }) => client.beta.tunnels.archive("tnl_01"),
  "tunnels.revealToken": ({ client }) => client.beta.tunnels.revealToken("tnl_01"),
  "tunnels.rotateToken": ({ client }) => client.beta.tunnels.rotateToken("tnl_01", {}),
  "tunnels.certificates.create": ({ client }) =>
    client.beta.tunnels.certificates.create("tnl_01", { certificate: "c" } as never),
  "tunnels.certificates.retrieve": ({ client }) => client.beta.tunnels.certificates.retrieve("tcrt_01", TUNNEL),
  "tunnels.certificates.list": ({ client }) => client.beta.tunnels.certificates.list("tnl_01"),
  "tunnels.certificates.archive": ({ client }) => client.beta.tunnels.certificates.archive("tcrt_01", TUNNEL),
};

/** What the SDK did not have before 1.14. */
export const SINCE_1_14 = Object.keys(ABSENT).filter((method) => method.startsWith("userProfiles.providers."));

/** The client's own, without a request: there when Sinew sends what they read. */
export const NOTHING_SENT: Record<string, string> = {
  "webhooks.parseUnverified": "runs in the client; Sinew sends no webhooks yet",
  "webhooks.unwrap": "runs in the client; Sinew sends no webhooks yet",
};
