/**
 * An object store for tests that checks every signature by itself: from the raw request and the reference's words,
 * sharing nothing with the code that signs.
 */
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface StoredObject {
  readonly body: string | Uint8Array;
  readonly type: string;
}

export interface StoreOptions {
  readonly bucket: string;
  readonly objects: ReadonlyMap<string, StoredObject>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether requests without a signature are answered. */
  readonly open: boolean;
  /** Keys in one page of a list. */
  readonly pageKeys: number;
}

/** Answers GET of objects and ListObjectsV2. */
export function answerAsStore(request: IncomingMessage, answer: ServerResponse, options: StoreOptions): void {
  const refuse = (status: number, code: string): void => {
    answer.writeHead(status, { "content-type": "application/xml" });
    answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
  };
  const wrong = signatureError(request, options);
  if (wrong !== undefined) return refuse(403, wrong);
  const [path = "", query = ""] = request.url!.split("?");
  const [, bucket, ...rest] = path.split("/");
  if (bucket !== options.bucket) return refuse(404, "NoSuchBucket");
  const key = rest.map(decodeURIComponent).join("/");
  if (key === "") return list(new URLSearchParams(query.replaceAll("+", "%2B")), answer, options);
  const object = options.objects.get(key);
  if (object === undefined) return refuse(404, "NoSuchKey");
  answer.writeHead(200, { "content-type": object.type }).end(object.body);
}

function signatureError(request: IncomingMessage, { secrets, open }: StoreOptions): string | undefined {
  const { headers } = request;
  if (headers.authorization === undefined) return open ? undefined : "AccessDenied";
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization,
    );
  if (match === null) return "AuthorizationHeaderMalformed";
  const [, id, day, region, names, signature] = match;
  const secret = secrets[id!];
  if (secret === undefined) return "InvalidAccessKeyId";
  const [path, query = ""] = request.url!.split("?");
  let text = `GET\n${path}\n${query.split("&").toSorted().join("&")}\n`;
  for (const name of names!.split(";")) text += `${name}:${String(headers[name])}\n`;
  text += `\n${names}\n${String(headers["x-amz-content-sha256"])}`;
  const needed = ["host", "x-amz-content-sha256", "x-amz-date"];
  if (!needed.every((name) => names!.split(";").includes(name))) return "AccessDenied";
  const mac = (key: string | Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();
  const key = mac(mac(mac(mac(`AWS4${secret}`, day!), region!), "s3"), "aws4_request");
  const digest = createHash("sha256").update(text).digest("hex");
  const time = String(headers["x-amz-date"]);
  const right = mac(key, `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/s3/aws4_request\n${digest}`).toString(
    "hex",
  );
  return right === signature && time.startsWith(day!) ? undefined : "SignatureDoesNotMatch";
}

function list(query: URLSearchParams, answer: ServerResponse, { objects, pageKeys }: StoreOptions): void {
  const prefix = query.get("prefix") ?? "";
  const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageKeys);
  const more = keys.length > page.length;
  const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const contents = page.map((key) => `<Contents><Key>${escape(key)}</Key><Size>1</Size></Contents>`).join("");
  const token = more ? Buffer.from(page.at(-1)!).toString("base64") : "";
  answer.writeHead(200, { "content-type": "application/xml" });
  answer.end(
    `<ListBucketResult><Name>b</Name><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${token}</NextContinuationToken>` : ""}${contents}</ListBucketResult>`,
  );
}
