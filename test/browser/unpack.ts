/**
 * Unpacks the headless Chromium that npm brought into the folder of TMPDIR, which is where its package puts things. A program of its own for that
 * reason, and because the libraries that a bare Linux lacks are unpacked only where it takes itself to be on AWS.
 */
import chromium from "@sparticuz/chromium";

await chromium.executablePath();
