// SPDX-License-Identifier: Apache-2.0
// Records as Perfetto's TrackEvents: a track per task, calls are slices, values are debug annotations.
#include <set>

#include "report/export/exporter.h"
#include "report/slices.h"
#include "report/values.h"
#include "track_event.pb.h"

namespace mirrorscope {

namespace {
namespace pb = perfetto::protos;

class Perfetto final : public Exporter, Slices::Sink {
 public:
  Perfetto(std::ostream& out, const Names& names) : out_(out), names_(names) {}

  void record(const ev_header& h) override {
    if (h.cpu == MS_ABOUT_CPU && h.id != EV_lost) return;
    introduce(h);
    slices_.see(h);
  }

  void finish() override { slices_.finish(); }

 private:
  // Tracks of processes and of threads must not share a uuid; 0 is taken.
  static uint64_t process_track(uint32_t tgid) { return uint64_t{1} << 40 | tgid; }
  static uint64_t thread_track(uint32_t tid) { return uint64_t{2} << 40 | tid; }

  std::string name(uint32_t tid) const { return tid ? names_.task(tid) : "mirrorscope"; }

  void introduce(const ev_header& h) {
    if (processes_.insert(h.tgid).second) {
      pb::TrackDescriptor& track = *packet().mutable_track_descriptor();
      track.set_uuid(process_track(h.tgid));
      track.mutable_process()->set_pid(static_cast<int32_t>(h.tgid));
      track.mutable_process()->set_process_name(name(h.tgid));
      write();
    }
    if (threads_.insert(h.tid).second) {
      pb::TrackDescriptor& track = *packet().mutable_track_descriptor();
      track.set_uuid(thread_track(h.tid));
      track.set_parent_uuid(process_track(h.tgid));
      track.mutable_thread()->set_pid(static_cast<int32_t>(h.tgid));
      track.mutable_thread()->set_tid(static_cast<int32_t>(h.tid));
      track.mutable_thread()->set_thread_name(name(h.tid));
      write();
    }
  }

  void begin(const ev_header& h) override { event(pb::TrackEvent::TYPE_SLICE_BEGIN, h, h.time, &h); }
  void end(const ev_header& entry, uint64_t time, const ev_header* exit) override {
    event(pb::TrackEvent::TYPE_SLICE_END, entry, time, exit);
  }
  void instant(const ev_header& h) override { event(pb::TrackEvent::TYPE_INSTANT, h, h.time, &h); }

  void event(pb::TrackEvent::Type type, const ev_header& call, uint64_t time, const ev_header* values) {
    pb::TracePacket& p = packet();
    p.set_timestamp(time);
    pb::TrackEvent& e = *p.mutable_track_event();
    e.set_type(type);
    e.set_track_uuid(thread_track(call.tid));
    if (type != pb::TrackEvent::TYPE_SLICE_END) {
      e.set_name(function_of(call, names_));
      e.add_categories(std::string(event_info(call.id)->name));
    }
    if (values) annotate(e, *values);
    write();
  }

  void annotate(pb::TrackEvent& e, const ev_header& h) {
    pb::DebugAnnotation* cpu = e.add_debug_annotations();
    cpu->set_name("cpu");
    cpu->set_uint_value(h.cpu);
    for (const FieldInfo& f : event_info(h.id)->fields) {
      if (f.count != 1 || is_padding(f)) continue;
      pb::DebugAnnotation* a = e.add_debug_annotations();
      a->set_name(std::string(f.name));
      const uint64_t value = number_in(h, f.name).value_or(0);
      if (f.type == FieldType::u8 || f.type == FieldType::u16 || f.type == FieldType::u32 || f.type == FieldType::u64)
        a->set_uint_value(value);
      else
        a->set_string_value(value_text(h, f, names_));
    }
  }

  pb::TracePacket& packet() {
    trace_.clear_packet();
    pb::TracePacket& p = *trace_.add_packet();
    p.set_trusted_packet_sequence_id(1);
    return p;
  }

  // Traces that stand one behind the other are one trace: protobuf merges repeated fields.
  void write() { trace_.SerializeToOstream(&out_); }

  std::ostream& out_;
  const Names& names_;
  Slices slices_{*this};
  pb::Trace trace_;
  std::set<uint32_t> processes_, threads_;
};
}  // namespace

std::unique_ptr<Exporter> perfetto_exporter(std::ostream& out, const Names& names) { return std::make_unique<Perfetto>(out, names); }

}  // namespace mirrorscope
