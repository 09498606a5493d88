/** A Data module: the file's bytes, as an ArrayBuffer in wrangler's bundle and as an array of bytes in our own. */
declare module "*.bin" {
  const bytes: ArrayBuffer | Uint8Array<ArrayBuffer>;
  export default bytes;
}
