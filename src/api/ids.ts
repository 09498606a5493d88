export { parseId as known } from "../protocol/ids.ts";
