import { expect, test } from "vitest";
import golden from "../../../test/golden/signature.json" with { type: "json" };
import { amzDate, authorization, emptyHash, encodeRfc3986 } from "./signature.ts";

// The keys and figures are AWS's published examples.
const s3Keys = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const scope = { region: "us-east-1", service: "s3", date: new Date("2013-05-24T00:00:00Z") };
const bucket = "https://examplebucket.s3.amazonaws.com";
const headers = { "x-amz-content-sha256": emptyHash, "x-amz-date": "20130524T000000Z" };

test.each([
  [
    "GET Object with a range",
    `${bucket}/test.txt`,
    { ...headers, range: "bytes=0-9" },
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "GET Bucket Lifecycle: a parameter without a value",
    `${bucket}/?lifecycle`,
    headers,
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "GET Bucket (List Objects)",
    `${bucket}/?max-keys=2&prefix=J`,
    headers,
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
])("the S3 API reference: %s", (_what, url, signed, signature) => {
  const value = authorization(new URL(url), signed, s3Keys, scope);
  expect(value).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, /,
  );
  expect(value).toContain(`Signature=${signature}`);
});

test.each([
  ["get-vanilla", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-vanilla-query-order-key-case",
    "/?Param2=value2&Param1=value1",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
])("the Signature Version 4 test suite: %s", (_what, path, signature) => {
  const value = authorization(
    new URL(`https://example.amazonaws.com${path}`),
    { "x-amz-date": "20150830T123600Z" },
    { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
    { region: "us-east-1", service: "service", date: new Date("2015-08-30T12:36:00Z") },
  );
  expect(value).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  );
});

test("only letters, digits and -._~ stay as they are", () => {
  expect(encodeRfc3986("aZ0-._~")).toBe("aZ0-._~");
  expect(encodeRfc3986("a b+c*d'(é)!")).toBe("a%20b%2Bc%2Ad%27%28%C3%A9%29%21");
});

test.each(golden.cases)(
  "botocore signs $url the same",
  ({ url, region, token, time, contentHash, ...signed }) => {
    const headers: Record<string, string> = {
      "x-amz-content-sha256": contentHash,
      "x-amz-date": time,
      ...(token !== null && { "x-amz-security-token": token }),
    };
    const date = new Date("2026-02-03T04:05:06Z");
    expect(amzDate(date)).toBe(time);
    const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
    expect(authorization(new URL(url), headers, keys, { region, service: "s3", date })).toBe(
      signed.authorization,
    );
  },
);
