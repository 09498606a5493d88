/** What a session has in R2: contents too long for its object, all below one prefix. */

/** Deletes them. Twice is fine. */
export async function dropContents(bucket: R2Bucket, sessionId: string): Promise<void> {
  const prefix = `sessions/${sessionId}/`;
  for (let page = await bucket.list({ prefix }); ; ) {
    if (page.objects.length > 0) await bucket.delete(page.objects.map((object) => object.key));
    if (!page.truncated) return;
    page = await bucket.list({ prefix, cursor: page.cursor });
  }
}
