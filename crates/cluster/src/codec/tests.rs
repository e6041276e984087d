use datafusion_proto::physical_plan::DefaultPhysicalProtoConverter;
use proptest::prelude::*;

use super::*;

fn exec(broker: &str, key: &str) -> DeliveriesExec {
    let table = TableRef { broker: broker.parse().expect("a URL"), key: Secret::new(key) };
    DeliveriesExec::of_parts(&[], table).expect("no parts are well formed")
}

fn decode(bytes: &[u8], inputs: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
    let (context, converter) = (TaskContext::default(), DefaultPhysicalProtoConverter {});
    Codec::default().try_decode(bytes, inputs, &context, &converter)
}

fn encode(exec: DeliveriesExec) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoded = Codec::default().try_encode(Arc::new(exec), &mut bytes, &DefaultPhysicalProtoConverter {});
    encoded.expect("ours");
    bytes
}

#[test]
fn an_operator_comes_back_as_it_was() {
    let sent = exec("http://10.0.0.7:41234/", "key \"with\" quotes");
    let inputs: Vec<_> = sent.children().into_iter().map(Arc::clone).collect();
    let came = decode(&encode(sent), &inputs).expect("ours");
    let came = came.downcast_ref::<DeliveriesExec>().expect("of our kind");
    assert_eq!(came.table.broker.as_str(), "http://10.0.0.7:41234/");
    assert_eq!(came.table.key.expose(), "key \"with\" quotes");
}

#[test]
fn a_debug_dump_of_a_plan_holds_no_key() {
    let exec = exec("http://10.0.0.7:41234/", "f00dcafe");
    assert!(!format!("{exec:?}").contains("f00dcafe"), "{exec:?}");
}

#[test]
fn an_operator_wants_one_input_and_an_address() {
    let bytes = encode(exec("http://10.0.0.7:41234/", "k"));
    let error = decode(&bytes, &[]).expect_err("nothing to read orders from");
    assert!(error.to_string().contains("it has one input"), "{error}");
    let input = Arc::clone(exec("http://localhost/", "k").children()[0]);
    let wrong = [MAGIC, br#"{"broker":"not a url","key":"k"}"#].concat();
    let error = decode(&wrong, &[input]).expect_err("nobody to ask");
    assert!(error.to_string().contains("no address"), "{error}");
}

proptest! {
    #[test]
    fn what_anybody_sends_is_decoded_or_refused(rest in prop::collection::vec(any::<u8>(), 0..200), ours: bool) {
        let bytes = if ours { [MAGIC, &rest].concat() } else { rest };
        let input = Arc::clone(exec("http://localhost/", "k").children()[0]);
        let _ = decode(&bytes, &[input]);
    }

    #[test]
    fn keys_of_any_text_travel(key in any::<String>()) {
        let sent = exec("http://localhost/", &key);
        let input = Arc::clone(sent.children()[0]);
        let came = decode(&encode(sent), &[input]).expect("ours");
        prop_assert_eq!(came.downcast_ref::<DeliveriesExec>().expect("ours").table.key.expose(), &key);
    }
}
