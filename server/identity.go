package server

import (
	"strings"

	"gongkai/workflow"
)

// checkIdentity verifies the check digit of an identity number: GB 11643 for 公民身份号码,
// GB 32100 for 统一社会信用代码. A wrong one is a warning; other documents have none.
func checkIdentity(kind, number string, applicant workflow.ApplicantKind) *problem {
	number = strings.ToUpper(strings.TrimSpace(number))
	citizen := strings.Contains(kind, "身份证") || kind == "" && applicant == workflow.NaturalPerson && len(number) == 18
	organ := strings.Contains(kind, "信用代码") || kind == "" && applicant != workflow.NaturalPerson && len(number) == 18
	switch {
	case number == "":
		return nil
	case citizen && len(number) == 15 && strings.Trim(number, "0123456789") == "":
		return nil // the numbers of the first generation had no check digit
	case citizen && !validCitizen(number):
		return &problem{colIDNumber, "", "CHECK_DIGIT", "公民身份号码的位数或者校验码不正确（GB 11643）；请核对", "the length or check digit of the identity number is wrong (GB 11643): check it"}
	case organ && !validCreditCode(number):
		return &problem{colIDNumber, "", "CHECK_DIGIT", "统一社会信用代码的位数或者校验码不正确（GB 32100）；请核对", "the length or check digit of the social credit code is wrong (GB 32100): check it"}
	}
	return nil
}

// validCitizen checks by GB 11643: ISO 7064 MOD 11-2.
func validCitizen(number string) bool {
	if len(number) != 18 {
		return false
	}
	sum := 0
	for i := range 17 {
		d := int(number[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		sum = (sum + d) * 2 % 11
	}
	return number[17] == "0123456789X"[(12-sum)%11]
}

// creditAlphabet is that of GB 32100: without I, O, S, V and Z.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// validCreditCode checks by GB 32100: weights are the powers of 3 modulo 31.
func validCreditCode(code string) bool {
	if len(code) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(creditAlphabet, code[i])
		if v < 0 {
			return false
		}
		sum, weight = sum+v*weight, weight*3%31
	}
	return code[17] == creditAlphabet[(31-sum%31)%31]
}
