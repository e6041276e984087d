use pipeline_engine::cluster::PageHead;
use proptest::prelude::*;

use super::*;

fn content() -> impl Strategy<Value = Content> {
    let page = (any::<u64>(), any::<u64>(), any::<Option<u64>>()).prop_map(|(index, bytes, total)| {
        Content::Page(Box::new(PageHead { index, next: None, bytes, total, mark: None, doubt: None }))
    });
    let failed = any::<String>().prop_map(|message| Content::Failed(RemoteError::failed(message)));
    prop_oneof![page, failed, Just(Content::End { stats: pipeline_transport::StatsSnapshot::default() })]
}

proptest! {
    #[test]
    fn deliveries_come_back_as_they_were(
        part: u64, content in content(), rows in prop::collection::vec(any::<u8>(), 0..100)
    ) {
        let sent = Delivery { part, content, rows };
        let came = read_deliveries(&to_batch(&sent).expect("a batch")).expect("deliveries");
        let [came] = &came[..] else { panic!("one, not {}", came.len()) };
        prop_assert_eq!((came.part, &came.content, &came.rows), (sent.part, &sent.content, &sent.rows));
    }
}

#[test]
fn what_is_no_delivery_is_refused() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["{}"]));
    let rows: ArrayRef = Arc::new(LargeBinaryArray::from(vec![&b""[..]]));
    let part: ArrayRef = Arc::new(UInt64Array::from(vec![0]));
    let batch = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).expect("columns");
    for wrong in [
        batch(vec![("part", Arc::clone(&part))]),
        batch(vec![("part", Arc::clone(&text)), ("content", Arc::clone(&text)), ("rows", Arc::clone(&rows))]),
        batch(vec![("part", part), ("content", text), ("rows", rows)]),
    ] {
        let error = read_deliveries(&wrong).expect_err("broken");
        assert_eq!(error.message, "what an executor has sent is broken");
    }
}

#[test]
fn only_executors_execute() {
    let table = TableRef {
        broker: "http://localhost/".parse().expect("a URL"),
        key: pipeline_config::Secret::new("k"),
    };
    let exec = DeliveriesExec::of_parts(&[], table).expect("no parts are well formed");
    let refused = exec.execute(0, Arc::default()).err().expect("no executor");
    assert!(refused.to_string().contains("executors of `pipeline cluster`"), "{refused}");
}
