/** Once per run of the contract project: builds the Worker that every contract test's server runs. */
import { prepareServer } from "./support/server.ts";

export default prepareServer;
