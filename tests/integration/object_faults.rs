//! Object storage that refuses, does not answer, or answers with its own trouble: the code tells whether to try again.

use crate::harness::{Outcome, Workspace, run_arguments};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::thread;

const GOOD: &str = "partner_id,offer_type,purchase_date\n7,action_pack,2019-06-01\n";

/// Takes requests on a port of 127.0.0.1 and gives every one the same answer, then closes the connection.
fn answer_all(answer: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let reply = move |stream: TcpStream| {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|count| count > 0) && line != "\r\n" {
            line.clear();
        }
        // Whoever asked may have gone.
        let _ = reader.get_mut().write_all(answer.as_bytes());
    };
    thread::spawn(move || listener.incoming().flatten().for_each(reply));
    port
}

fn run(workspace: &Workspace, port: u16, arguments: &[&str]) -> Outcome {
    let endpoint = format!("http://127.0.0.1:{port}");
    let temporary = workspace.path("");
    let variables = [
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("TMPDIR", temporary.to_str().expect("UTF-8")),
    ];
    workspace.start_in(&variables, arguments, Stdio::null()).finish()
}

/// What a run that reads an object and one that publishes objects end in.
fn both(workspace: &Workspace, port: u16, input_code: i32, output_code: i32, message: &str, hint: &str) {
    for (arguments, code) in [
        (run_arguments("reports", &["--json", "s3://bucket/in.csv"]), input_code),
        (run_arguments("s3://bucket/out", &["--json", "in.csv"]), output_code),
    ] {
        let outcome = run(workspace, port, &arguments).expect(code);
        let result: Value = serde_json::from_str(outcome.stdout.trim()).expect("JSON");
        let error = &result["error"];
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{result}");
        assert!(error["hint"].as_str().is_some_and(|text| text.contains(hint)), "{result}");
        assert_eq!(workspace.names(), ["in.csv"]);
    }
}

#[test]
fn what_is_refused_is_told_in_the_words_of_the_storage() {
    let workspace = Workspace::new();
    workspace.write("in.csv", GOOD);
    let refuse = answer_all(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 81\r\nConnection: close\r\n\r\n\
         <Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>         ",
    );
    both(&workspace, refuse, 66, 73, "403 Forbidden", "the variables with ");
    let arguments = run_arguments("s3://bucket/out", &["in.csv"]);
    let told = "cannot publish into `s3://bucket/out`: the storage says 403 Forbidden: Access Denied (AccessDenied)";
    let _ = run(&workspace, refuse, &arguments).expect_error(73, told);
}

#[test]
fn a_storage_in_trouble_is_worth_another_try() {
    let workspace = Workspace::new();
    workspace.write("in.csv", GOOD);
    let trouble = answer_all("HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    both(&workspace, trouble, 74, 74, "the storage says 503", "");
    // Nobody listens.
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    both(&workspace, gone, 74, 74, "Connection refused", "storage");
    // An answer of which half comes.
    let half = answer_all(
        "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 0-3/4\r\nETag: \"1\"\r\n\
         Last-Modified: Fri, 05 Jun 2020 00:00:00 GMT\r\nConnection: close\r\n\r\npa",
    );
    let _ = run(&workspace, half, &run_arguments("reports", &["s3://bucket/in.csv"])).expect(74);
    assert_eq!(workspace.names(), ["in.csv"]);
}
