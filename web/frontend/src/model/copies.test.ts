import { readLog } from "../../demo-data/read";
import { asCurl, asPytest, type CopiedRequest, copiedRequest } from "./copies";

const GET: CopiedRequest = {
  method: "GET",
  path: "/shop/a?b=[1]",
  inside: "/a?b=[1]",
  app: "shop",
  status: 200,
  steps: ["before_request load_user", "view index"],
};

test("a request is known by its method, its path inside the application and its steps", () => {
  const request = copiedRequest(readLog("invented.bin"), "d".repeat(32));
  expect(request).toEqual({
    method: "POST",
    path: "/shop/checkout",
    inside: expect.stringMatching(/checkout$/),
    app: "shop",
    status: 302,
    steps: expect.arrayContaining(["before_request require_login"]),
  });
});

test("a script is no request", () => {
  expect(copiedRequest(readLog("invented.bin"), "f".repeat(32))).toBe(null);
});

test("curl gets the address as it was", () => {
  expect(asCurl(GET, "http://127.0.0.1:5100")).toBe(
    "curl --include --globoff --path-as-is 'http://127.0.0.1:5100/shop/a?b=[1]'\n",
  );
});

test("no shell takes anything of a path for a command", () => {
  const hostile = { ...GET, method: "PO'ST", path: "/'; rm -rf ~ #\n$(x)`y`\ud800é" };
  expect(asCurl(hostile, "http://h")).toBe(
    "# Its body was not recorded: add it with --data.\n" +
      "curl --include --globoff --path-as-is --request 'PO'\\''ST' " +
      "'http://h/'\\'';%20rm%20-rf%20~%20#%0A$(x)`y`%EF%BF%BD%C3%A9'\n",
  );
});

test("a test asks for the status and the order", () => {
  expect(
    asPytest(GET),
  ).toBe(`# Copied from Flaskscope. \`client\` is a test client of the application "shop".
def test_get_a(client, lifecycle):
    response = client.open("/a?b=[1]", method="GET")
    assert response.status_code == 200
    lifecycle.assert_order(
        [
            "before_request load_user",
            "view index",
        ]
    )
`);
});

test("no name of somebody else's leaves its literal or its line", () => {
  const name = 'x"\n\\\u2028\u202e\x7f';
  const copied = asPytest({ ...GET, app: name, steps: [`view ${name}`], method: "POST" });
  expect(copied.split("\n").length).toBe(11);
  expect(copied).toContain('            "view x\\"\\n\\\\\\u2028\\u202e\\u007f",\n');
});
