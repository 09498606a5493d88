/** Stands for the packed pages in dist/, which only the build makes. */
export default new Uint8Array();
