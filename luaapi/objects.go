package luaapi

import (
	"github.com/smtpspec/smtpspec/luaapi/bind"
)

// declareClasses makes the classes of objects that scripts meet.
func (lang *Language) declareClasses() {
	lang.types.failure = &bind.Class{
		Name: "failure", Short: "failure", Doc: "What a broken expectation raises. Its verdict is recorded already.",
		Text: func(self any) string { return self.(error).Error() },
	}
	lang.types.target = lang.factsClass("target", "Facts about the server under test",
		func(self any, name string) (any, bool) { return self.(*Target).fact(name) },
		func(self any) *Facts { return &self.(*Target).Facts })
	lang.types.vars = lang.factsClass("vars", "Variables, which --var and the configuration set",
		func(self any, name string) (any, bool) { return self.(*Facts).Get(name) },
		func(self any) *Facts { return self.(*Facts) })
	lang.types.conn = lang.declareConn()
	lang.types.reply = lang.declareReply()
	lang.types.tls = lang.declareTLS()
	lang.types.certificate = lang.declareCertificate()
	lang.types.record = lang.declareRecord()
	lang.declarePolicies()
	lang.types.message, lang.types.signature = lang.declareMessage(), declareSignature()
	lang.declareAuthResults()
	lang.types.box = declareBox()
}
